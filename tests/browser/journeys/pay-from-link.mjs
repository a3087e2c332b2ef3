// The first promise: a customer pays part of an invoice from its link, on a phone or a desk, with or without JavaScript, in
// their language; what they see is what the books say, and one receipt follows.

export const name = "pay-from-link";

const LANGUAGES = {
  en: { typed: "40.00", shown: /40\.00/, pay: /^pay/i, receipt: /receipt/i },
  fr: { typed: "40,00", shown: /40,00/, pay: /^payer/i, receipt: /reçu/i },
};

export const cases = ["en", "fr"].flatMap((locale) =>
  [360, 1280].flatMap((width) =>
    [true, false].map((javaScript) => ({ locale, width, javaScript, label: `${locale} ${width} ${javaScript ? "with" : "without"} JavaScript` })),
  ),
);

export async function run({ base, newPage, api, mail, settle, day, expect, shot, axe, payAtProvider, words }, { locale, width, javaScript }) {
  const language = LANGUAGES[locale];
  const tag = crypto.randomUUID().slice(0, 8);
  const email = `payer-${tag}@example.com`;
  const customer = await api("POST", "/customers", { name: `Payer ${tag}`, email, locale });
  const invoice = await api("POST", "/invoices", await invoiceOf(customer, `PAY-${tag}`, "100.00", day));
  const other = await api("POST", "/invoices", await invoiceOf(customer, `OTHER-${tag}`, "50.00", day));
  expect(invoice.pay_url.startsWith(`${base}/p/`), `the pay link is on our own origin: ${invoice.pay_url}`);

  // The link shows its invoice, and no other of the same customer.
  const page = await newPage({ javaScript, width, locale });
  await page.goto(invoice.pay_url);
  expect((await page.locator("html").getAttribute("lang")).startsWith(locale), `the page is in ${locale}`);
  const text = await words(page);
  expect(text.includes(invoice.number), "the invoice of the link is shown");
  expect(!text.includes(other.number), "no other invoice is shown");
  await shot(page, "link");
  await axe(page);

  // A part of it is paid, at the provider.
  await page.locator("input[name=amount]").fill(language.typed);
  await page.locator("button[name=pay]").or(page.getByRole("button", { name: language.pay })).first().click();
  await page.waitForURL(/\/dev\/stripe\/pay\//);
  await shot(page, "provider");
  await payAtProvider(page);
  await page.waitForURL(/\/payments\/[^/]+$/);

  // The truth at once, whether or not the provider's webhook was heard of yet.
  const status = await words(page);
  expect(/paid|received|payé|reçu/i.test(status), `the payment is known: ${status}`);
  expect(language.shown.test(status), `the amount is shown: ${status}`);
  await shot(page, "paid");
  await axe(page);

  // The books say the same, and one receipt went out in the customer's language.
  await settle();
  const { currencies } = await api("GET", `/customers/${customer.id}/balance`);
  expect.equal(amount(currencies.find(({ currency }) => currency === "EUR").open), "130.00", "open after the payment");
  const { data } = await api("GET", `/invoices?number=${encodeURIComponent(invoice.number)}`);
  expect.equal(amount(data[0].open), "80.00", "open on the invoice");
  const receipts = (await mail()).filter(({ to, subject }) => String(to).includes(email) && language.receipt.test(subject));
  expect.equal(receipts.length, 1, "receipts");
  expect(language.shown.test(receipts[0].text) && language.shown.test(receipts[0].html), "the receipt names the amount");

  // The link goes on telling the truth.
  await page.goto(invoice.pay_url);
  expect(/80[.,]00/.test(await words(page)), "the link shows what is still open");
  await shot(page, "link-afterwards");
}

async function invoiceOf(customer, number, unitPrice, day) {
  const lines = [{ description: "Work", quantity: "1", unit_price: unitPrice, tax_rate: unitPrice === "100.00" ? "20" : "0" }];
  return { number, customer: customer.id, currency: "EUR", issued_on: await day(0), due_on: await day(30), lines };
}

const amount = (value) => value.amount ?? value;
