// Signing in by a mailed link or code: nobody learns from it who is a customer, mail scanners do not use it up, and behind it
// stands the statement with invoice, payment and balance.

export const name = "sign-in";

export const cases = [{ label: "with JavaScript", javaScript: true }, { label: "without JavaScript", javaScript: false }];

const SUBMIT = "main form button:not([type=button])";

export async function run({ base, newPage, api, mail, settle, day, expect, shot, axe, payAtProvider, words }, { javaScript }) {
  const tag = crypto.randomUUID().slice(0, 8);
  const email = `reader-${tag}@example.com`;
  const customer = await api("POST", "/customers", { name: `Reader ${tag}`, email, locale: "en" });
  const lines = [{ description: "Work", quantity: "1", unit_price: "120.00" }];
  const invoice = await api("POST", "/invoices", {
    number: `READ-${tag}`, customer: customer.id, currency: "EUR", issued_on: await day(0), due_on: await day(30), lines,
  });
  const page = await newPage({ javaScript, width: 360 });
  const payment = await api("POST", "/payments", {
    customer: customer.id, currency: "EUR", allocations: [{ invoice: invoice.id, amount: "45.00" }],
  });
  await page.goto(payment.checkout_url);
  await payAtProvider(page);
  await page.waitForURL(/\/payments\/[^/]+$/);
  await settle();

  async function ask(address) {
    await page.goto(`${base}/sign-in`);
    await page.locator("input[type=email]").fill(address);
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await page.locator(SUBMIT).first().click();
    const { status } = await answered.then((response) => ({ status: response.status() }));
    await page.locator("input[name=code]").waitFor();
    return `${status} ${(await words(page)).replaceAll(address, "ADDRESS")}`;
  }
  async function newestMail() {
    await settle();
    const { text } = (await mail()).filter(({ to }) => String(to).includes(email)).at(-1);
    return { link: text.match(new RegExp(`${base}/sign-in/[^\\s>)]+`))[0], code: text.match(/(?<![\w-])\d{6}(?![\w-])/)[0] };
  }
  async function seeStatement(reader, step) {
    await reader.goto(`${base}/statement`);
    const text = await words(reader);
    for (const [what, shown] of [["the invoice", invoice.number], ["its payment", "45.00"], ["the balance", "75.00"]]) {
      expect(text.includes(shown), `the statement shows ${what} (${shown}): ${text}`);
    }
    await shot(reader, step);
  }

  // The same reply for an address we know and one we do not.
  const unknown = await ask(`nobody-${tag}@example.com`);
  expect.equal(await ask(email), unknown, "the reply to a known address");
  await shot(page, "asked");

  // The link outlives every scanner, and works once.
  const { link } = await newestMail();
  for (let scan = 0; scan < 10; scan += 1) await fetch(link, { redirect: "manual" });
  await fetch(link, { method: "HEAD", redirect: "manual" });
  await page.goto(link);
  await axe(page);
  await page.locator(SUBMIT).first().click();
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  await seeStatement(page, "statement");
  await axe(page);

  const second = await newPage({ javaScript });
  await second.goto(link);
  if ((await second.locator(SUBMIT).count()) > 0) await second.locator(SUBMIT).first().click();
  const refused = await second.goto(`${base}/statement`);
  expect(new URL(second.url()).pathname.startsWith("/sign-in") || refused.status() >= 400, "a used link signs nobody in");

  // The code does the same as the link, for a mail that is read on another device.
  await page.context().clearCookies();
  await ask(email);
  await page.locator("input[name=code]").fill((await newestMail()).code);
  await page.locator("form:has(input[name=code]) button:not([type=button])").first().click();
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  await seeStatement(page, "statement-by-code");
}
