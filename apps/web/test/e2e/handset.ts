/** A person at the handset: what they see and press, by the words on the screen. */
import { until } from "@sotto/testkit/e2e";
import { openWindow, type Window, type WindowOptions } from "@sotto/testkit/browser";

type Page = Window["page"];
type Locator = ReturnType<Page["locator"]>;

const PASSPHRASE = "four words nobody knows";
/** Makes a container of 64 MiB and stretches a passphrase, on a machine that may have other work. */
const SLOW_MS = 60_000;
/** Tall enough that every message of a test is drawn. */
const READING_HEIGHT = 12_000;

export type Line = { readonly mine: boolean; readonly text: string };

export class Handset {
  readonly window: Window;
  readonly page: Page;

  constructor(window: Window) {
    this.window = window;
    this.page = window.page;
  }

  static async open(url: string, options: WindowOptions = {}): Promise<Handset> {
    const handset = new Handset(await openWindow(options));
    await handset.page.goto(url);
    return handset;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }
  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true });
  }
  /** Resolves once these words are on the screen. */
  async sees(words: string | RegExp): Promise<void> {
    await this.page.getByText(words).filter({ visible: true }).first().waitFor();
  }

  /** Through the three questions of joining, whatever comes of it. */
  async attemptToJoin(code: string, name: string): Promise<void> {
    await this.field("Activation code").fill(code);
    await this.button("Continue").click();
    await this.field("Your name").fill(name);
    await this.button("Continue").click();
    await this.button("Use a passphrase instead").click();
    await this.field("Passphrase").fill(PASSPHRASE);
    await this.field("The passphrase again").fill(PASSPHRASE);
    await this.button("Join").click();
  }
  async join(code: string, name: string): Promise<void> {
    await this.attemptToJoin(code, name);
    await this.page.locator(".home").waitFor({ timeout: SLOW_MS });
  }
  /** With the PIN that is offered, which is the answer. */
  async joinWithPin(code: string, name: string): Promise<string> {
    await this.field("Activation code").fill(code);
    await this.button("Continue").click();
    await this.field("Your name").fill(name);
    await this.button("Continue").click();
    const pin = await this.takeOfferedPin();
    await this.page.locator(".home").waitFor({ timeout: SLOW_MS });
    return pin;
  }
  /** Takes the PIN that is offered and types it once. */
  async takeOfferedPin(): Promise<string> {
    const offered = await this.page.locator(".pin-choice__offered").textContent();
    const pin = (offered ?? "").replaceAll(" ", "");
    await this.button("Take this PIN").click();
    await this.typePin(pin);
    return pin;
  }
  async typePin(pin: string): Promise<void> {
    await this.page.locator(".pin").waitFor();
    for (const digit of pin) await this.button(digit).click();
    await this.page.locator(".pin__key--done").click();
  }
  async lockPins(): Promise<void> {
    await this.button("Me").click();
    await this.button("Lock now").click();
    await this.page.locator(".pin").waitFor();
  }
  async unlockWithPin(pin: string): Promise<void> {
    await this.typePin(pin);
    await this.page.locator(".home").waitFor({ timeout: SLOW_MS });
  }
  async toPins(): Promise<void> {
    await this.button("Me").click();
    await this.button("PINs and wipe").click();
  }
  async lock(): Promise<void> {
    await this.button("Me").click();
    await this.button("Lock now").click();
    await this.field("Passphrase").waitFor();
  }
  async unlock(passphrase = PASSPHRASE): Promise<void> {
    await this.field("Passphrase").fill(passphrase);
    await this.button("Unlock").click();
    await this.page.locator(".home").waitFor({ timeout: SLOW_MS });
  }

  async toChats(): Promise<void> {
    await this.button("Chats").click();
  }
  async toAdd(): Promise<void> {
    await this.button("Add someone").first().click();
  }
  async link(): Promise<string> {
    await this.button("Me").click();
    const link = await this.page.locator(".my-link__text").textContent();
    await this.toChats();
    return link ?? "";
  }
  async paste(link: string): Promise<void> {
    await this.field("Contact link").fill(link);
    await this.button("Add").click();
  }
  /** Ends in the new conversation. */
  async add(link: string): Promise<void> {
    await this.toAdd();
    await this.paste(link);
    await this.page.locator(".composer").waitFor();
  }

  row(name: string): Locator {
    return this.page.locator("[data-row]", { hasText: name });
  }
  async openConversation(name: string): Promise<void> {
    await this.row(name).click();
    await this.page.locator("#conversation-name", { hasText: name }).waitFor();
  }
  async back(): Promise<void> {
    await this.button(/^Back/).click();
  }

  async write(text: string): Promise<void> {
    await this.page.locator(".composer textarea").fill(text);
    await this.button("Send").click();
    await this.page.locator(".message .bubble", { hasText: text }).first().waitFor();
  }
  async safetyNumber(): Promise<string> {
    await this.page.locator(".digits li").first().waitFor();
    return (await this.page.locator(".digits li").allTextContents()).join(" ");
  }

  /** Everything the open conversation shows, oldest first. */
  async lines(): Promise<readonly Line[]> {
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: size?.width ?? 390, height: READING_HEIGHT });
    const articles = this.page.locator("article.message");
    const lines = await articles.evaluateAll((all) =>
      all.map((one) => ({
        mine: one.getAttribute("data-mine") === "true",
        text: one.querySelector(".bubble__text")?.textContent ?? "",
      })),
    );
    if (size !== null) await this.page.setViewportSize(size);
    return lines;
  }
  /** The open conversation, once it shows as many messages. */
  readUntil(count: number): Promise<readonly Line[]> {
    return until(`${count} messages`, async () => {
      const lines = await this.lines();
      return lines.length >= count && lines;
    });
  }
  async waitForMark(text: string, mark: "waiting" | "sent" | "delivered"): Promise<void> {
    const message = this.page.locator("article.message", { hasText: text });
    await message.locator(`[data-mark="${mark}"]`).waitFor({ state: "attached" });
  }

  /** By what it says itself, not by what it quotes. */
  message(text: string): Locator {
    const itself = this.page.locator(".bubble__text", { hasText: text });
    return this.page.locator("article.message").filter({ has: itself }).last();
  }
  /** Opens what can be done with a message. */
  async options(text: string): Promise<void> {
    await this.message(text).hover();
    await this.message(text).getByRole("button", { name: "Message options" }).click();
  }

  close(): Promise<void> {
    return this.window.close();
  }
}
