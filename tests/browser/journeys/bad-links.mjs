// A pay link that is unknown, expired or revoked: one and the same page, from which a new link can be had. Who tries links
// learns nothing.

export const name = "bad-links";
export const movesTime = true;

export const cases = [{ label: "en", locale: "en" }, { label: "fr", locale: "fr" }];

export async function run({ base, newPage, api, advance, day, expect, shot, axe, words }, { locale }) {
  const tag = crypto.randomUUID().slice(0, 8);
  const customer = await api("POST", "/customers", { name: `Late ${tag}`, email: `late-${tag}@example.com`, locale });
  const lines = [{ description: "Work", quantity: "1", unit_price: "120.00" }];
  const invoice = await api("POST", "/invoices", {
    number: `LATE-${tag}`, customer: customer.id, currency: "EUR", issued_on: await day(0), due_on: await day(30), lines,
  });
  const expiring = await api("POST", "/pay-links", { invoices: [invoice.id], expires_on: await day(1) });
  const revoked = await api("POST", "/pay-links", { invoices: [invoice.id] });
  const page = await newPage({ width: 360, locale });
  for (const { url } of [expiring, revoked]) {
    expect.equal((await page.goto(url)).status(), 200, "the status of a good link");
    expect((await words(page)).includes(invoice.number), "a good link shows its invoice");
  }

  await api("POST", `/pay-links/${revoked.id}/revoke`, {});
  await advance("P3D");
  const unknown = `${base}/p/${crypto.randomUUID().replaceAll("-", "")}${tag}`;
  const pages = [];
  for (const url of [unknown, expiring.url, revoked.url]) {
    const response = await page.goto(url);
    pages.push(`${response.status()} ${await words(page)}`);
    expect(!(await page.content()).includes(invoice.number), "a bad link names no invoice");
  }
  expect(pages[0].startsWith("404 "), `a bad link is not found: ${pages[0]}`);
  expect.equal(pages[1], pages[0], "an expired link");
  expect.equal(pages[2], pages[0], "a revoked link");
  const wayOut = page.locator("main").locator("a[href*='sign-in'], form");
  expect((await wayOut.count()) > 0, "a new link can be asked for");
  await shot(page, "bad-link");
  await axe(page);
}
