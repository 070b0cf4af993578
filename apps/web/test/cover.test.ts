/** The cover, in real Chromium on the screens of the gallery. Spec: spec/handset.md, UI40 and UI41. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inGallery } from "./gallery.ts";

const shown = inGallery({ width: 390, height: 844 });

const wear = async (cover: string): Promise<void> => {
  await shown.page.goto(shown.address("lock"));
  await shown.page.evaluate((chosen) => localStorage.setItem("cover", chosen), cover);
  await shown.page.reload();
};
/** Everything the page says, to eyes and to readers, and is called. */
const said = (): Promise<string> =>
  shown.page.evaluate(() => {
    const labels = [...document.querySelectorAll("[aria-label],[title]")].map(
      (one) => `${one.getAttribute("aria-label") ?? ""} ${one.getAttribute("title") ?? ""}`,
    );
    return [document.title, document.body.innerText, document.body.textContent, ...labels].join(" ");
  });

test("[UI40] a calculator before the lock: it calculates, is called so, and says nothing else", async () => {
  await wear("calculator");
  const { page } = shown;
  for (const key of ["1", "2", "Times", "3", "Equals"])
    await page.getByRole("button", { name: key, exact: true }).click();
  assert.equal(await page.locator("output").textContent(), "36");
  await page.keyboard.type("8/2=");
  assert.equal(await page.locator("output").textContent(), "4");
  assert.equal(await page.title(), "Calculator");
  assert.equal(
    await page.locator('link[rel="manifest"]').getAttribute("href"),
    "/covers/calculator.webmanifest",
  );
  assert.doesNotMatch(await said(), /sotto|locked|PIN/i);
});

test("[UI40] notes before the lock are kept", async () => {
  await wear("notes");
  const { page } = shown;
  await page.getByRole("button", { name: "New note" }).click();
  await page.getByRole("textbox", { name: "Note" }).fill("Milk\nBread");
  await page.reload();
  await page.getByRole("button", { name: "Milk" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Note" }).inputValue(), "Milk\nBread");
  assert.doesNotMatch(await said(), /sotto|locked|PIN/i);
});

test("[UI41] holding the display for a second, or Shift and Enter, leads to the lock; a tap does not", async () => {
  const { page } = shown;
  await wear("calculator");
  await page.locator("output").click();
  assert.equal(await page.getByRole("heading", { name: "Locked" }).isVisible(), false);
  await page.locator("output").click({ delay: 1_200 });
  await page.getByRole("heading", { name: "Locked" }).waitFor();
  await page.reload();
  await page.locator("output").waitFor();
  await page.keyboard.press("Shift+Enter");
  await page.getByRole("heading", { name: "Locked" }).waitFor();
});

test("[UI40 UI41] it is chosen with its way and its limits said, and is up again after locking", async () => {
  const { page } = shown;
  await page.goto(shown.address("me"));
  await page.getByText("Calculator", { exact: true }).click();
  await page.getByText(/press and hold the display/).waitFor();
  await page.getByText(/fools a glance, not a search/).waitFor();
  await page.getByRole("button", { name: "Lock now" }).click();
  await page.locator("output").waitFor();
});
