/**
 * Debian's Chromium against the service's pages: people sign in, set up each kind of second factor and use it, with script and
 * without; axe finds nothing on any page, light or dark; a virtual authenticator makes passkeys. The codes are computed by otpauth.
 * TIELINE_SCREENSHOTS=folder keeps a picture of each page, wide and narrow, light and dark.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { Secret, TOTP } from "otpauth";
import type { BrowserContext, Page } from "playwright-core";
import { PUBLIC_CLIENT_ID } from "../packages/server/src/identity/index.ts";
import { cases, type Driver } from "./driver.ts";
import { findChromium, openPagesSite, type PagesSite } from "./pages-site.ts";

const USER = "admin@contoso.com";
const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
const FOLDER = process.env["TIELINE_SCREENSHOTS"];

/** Where the application listens for its code. */
let application = "";

async function listenAsApplication(): Promise<AsyncDisposable> {
  const server = createServer((_, response) => response.end("the application")).listen(0, "localhost");
  await once(server, "listening");
  application = `http://localhost:${(server.address() as AddressInfo).port}/`;
  return { [Symbol.asyncDispose]: async () => void server.close() };
}

/** Pages that were judged, by name: each is judged once a kind. */
const judged = new Set<string>();

/** axe in light and dark, nothing wider than the window at 320 px, and pictures where they are wanted. */
async function look(page: Page, name: string): Promise<void> {
  if (judged.has(name)) return;
  judged.add(name);
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const found = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(
      found.violations.map((each) => `${name} ${colorScheme}: ${each.id} ${each.nodes.map((node) => node.html).join(" ")}`),
      [],
    );
    for (const [size, width, height] of [
      ["wide", 1280, 860],
      ["phone", 390, 844],
      ["narrow", 320, 640],
    ] as const) {
      await page.setViewportSize({ width, height });
      const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      assert.equal(overflow, 0, `${name} is wider than ${width} px`);
      if (FOLDER !== undefined && size !== "narrow") {
        mkdirSync(FOLDER, { recursive: true });
        await page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      }
    }
    await page.setViewportSize(before);
  }
  await page.emulateMedia({ colorScheme: null });
}

function authorizeAddress(base: string, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: PUBLIC_CLIENT_ID,
    response_type: "code",
    redirect_uri: application,
    scope: `${TARGET}/.default openid profile offline_access`,
    state: "s",
    code_challenge: createHash("sha256").update(randomBytes(32)).digest("base64url"),
    code_challenge_method: "S256",
    ...more,
  });
  return `${base}/contoso.com/oauth2/v2.0/authorize?${query.toString()}`;
}

class Person {
  readonly service: PagesSite;
  readonly context: BrowserContext;
  readonly page: Page;
  private constructor(service: PagesSite, context: BrowserContext, page: Page) {
    this.service = service;
    this.context = context;
    this.page = page;
  }

  static async at(service: PagesSite, options: { script?: boolean } = {}): Promise<Person> {
    const context = await service.browser.newContext({ javaScriptEnabled: options.script ?? true, reducedMotion: "reduce" });
    return new Person(service, context, await context.newPage());
  }

  async begin(more?: Record<string, string>): Promise<void> {
    await this.page.goto(authorizeAddress(this.service.base, more));
  }

  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole("button", { name }).first().click();
  }

  async password(user = USER, password = this.service.password(user)): Promise<void> {
    await this.page.getByLabel("User name").fill(user);
    await this.press("Next");
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.press("Sign in");
  }

  async title(): Promise<string> {
    return (await this.page.locator("h1").textContent()) ?? "";
  }

  /** The application got its code. */
  async arrived(): Promise<URL> {
    await this.page.waitForURL(`${application}**`, { timeout: 15_000 });
    const url = new URL(this.page.url());
    assert.ok(url.searchParams.has("code"), url.search);
    return url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

/** The app that reads a QR code's typed key. */
async function appOf(page: Page): Promise<TOTP> {
  await page.getByText("No camera?").click();
  const key = (await page.locator(".key").textContent()) ?? "";
  return new TOTP({ secret: Secret.fromBase32(key.replaceAll(" ", "")) });
}

/** A code that was not used yet: the next one of the app. */
let step = 0;
function nextCode(app: TOTP): string {
  const now = Math.floor(Date.now() / 30_000);
  step = Math.max(step + 1, now);
  assert.ok(step <= now + 1, "the driver signs in faster than codes change");
  return app.generate({ timestamp: step * 30_000 });
}

async function passkeyDevice(person: Person): Promise<void> {
  const session = await person.context.newCDPSession(person.page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
}

async function fresh(service: PagesSite, state: "disable" | "enable" | "enforce"): Promise<void> {
  const owner = await service.account(USER);
  await service.site.factors?.reset(owner, { appPasswords: true });
  await service.site.factors?.accounts.change(owner, state);
  await service.site.factors?.setSettings(owner.tenantId, { rememberDays: 0 });
}

/** Registers an app through the pages, and ends the sign-in. */
async function registerApp(person: Person): Promise<TOTP> {
  await person.press(/Authenticator app/);
  const app = await appOf(person.page);
  await look(person.page, "register-app");
  await person.page.getByLabel("Code", { exact: true }).fill(nextCode(app));
  await person.press("Verify");
  await look(person.page, "recovery-codes");
  return app;
}

export const driver: Driver = {
  name: "Chromium at the service's pages",
  needs: () => (findChromium() === undefined ? "chromium is missing (apt-get install chromium)" : undefined),
  async run() {
    judged.clear();
    await using service = await openPagesSite();
    await using _ = await listenAsApplication();
    const factors = service.site.factors;
    assert.ok(factors);
    return await cases(
      [
        [
          "a password alone, where nothing more is asked",
          async () => {
            await fresh(service, "disable");
            await using person = await Person.at(service);
            await person.begin();
            await look(person.page, "name");
            await person.page.getByLabel("User name").fill("nobody@elsewhere.example");
            await person.press("Next");
            await look(person.page, "name-wrong");
            await person.page.getByLabel("User name").fill(USER);
            await person.press("Next");
            await look(person.page, "password");
            await person.page.getByLabel("Password", { exact: true }).fill("wrong");
            await person.press("Sign in");
            assert.match((await person.page.getByRole("alert").textContent()) ?? "", /invalid username or password/);
            await look(person.page, "password-wrong");
            await person.page.getByLabel("Password", { exact: true }).fill(service.password(USER));
            await person.press("Sign in");
            await person.arrived();
          },
        ],
        [
          "Enabled: an app is set up at the first sign-in, the account is Enforced then, and each code is good once",
          async () => {
            await fresh(service, "enable");
            await using person = await Person.at(service);
            await person.begin();
            await person.password();
            await look(person.page, "register");
            const app = await registerApp(person);
            await person.press("I have kept them");
            await person.arrived();
            assert.equal((await factors.accounts.get(await service.account(USER))).state, "Enforced");
            await using again = await Person.at(service);
            await again.begin();
            await again.password();
            await look(again.page, "verify-code");
            await again.page.getByLabel("Code", { exact: true }).fill("000000");
            await again.press("Verify");
            await again.page.getByRole("alert").waitFor();
            await look(again.page, "verify-code-wrong");
            await again.page.getByLabel("Code", { exact: true }).fill(nextCode(app));
            await again.press("Verify");
            await again.arrived();
          },
        ],
        [
          "a recovery code in the app's place, once",
          async () => {
            await fresh(service, "enforce");
            await using person = await Person.at(service);
            await person.begin();
            await person.password();
            step -= 2;
            await registerApp(person);
            const code = (await person.page.locator(".codes li").first().textContent()) ?? "";
            await person.press("I have kept them");
            await person.arrived();
            for (const good of [true, false]) {
              await using again = await Person.at(service);
              await again.begin();
              await again.password();
              await again.page.getByText("Verify another way").click();
              await look(again.page, "verify-ways");
              await again.press("Use a recovery code");
              await again.page.getByLabel("Recovery code").fill(code);
              await again.press("Verify");
              if (good) await again.arrived();
              else assert.match((await again.page.getByRole("alert").textContent()) ?? "", /used before/);
            }
          },
        ],
        [
          "a phone number: registered by text, used by call, remembered for 30 days",
          async () => {
            await fresh(service, "enforce");
            const owner = await service.account(USER);
            await factors.setSettings(owner.tenantId, { rememberDays: 30 });
            await using person = await Person.at(service);
            await person.begin();
            await person.password();
            await person.press(/Phone number/);
            await look(person.page, "register-phone");
            await person.page.getByLabel("Phone number").fill("+1 425 555 0123");
            await person.press("Send a text message");
            await look(person.page, "register-phone-code");
            await person.page.getByLabel("Code", { exact: true }).fill(service.lastMessage().text.slice(0, 6));
            await person.press("Verify");
            await person.press("I have kept them");
            await person.arrived();
            await using again = await Person.at(service);
            await again.begin();
            await again.password();
            await look(again.page, "verify-text");
            await again.page.getByText("Verify another way").click();
            await again.press(/Call/);
            assert.equal(service.lastMessage().kind, "call");
            await again.page.getByLabel("Code", { exact: true }).fill(service.lastMessage().text.slice(0, 11).replaceAll(" ", ""));
            await again.page.getByLabel(/Do not ask again/).check();
            await again.press("Verify");
            await again.arrived();
            await again.begin({ prompt: "login" });
            await again.password();
            await again.arrived();
          },
        ],
        [
          "approval on a phone: set up by its link, the right number lets in, a wrong one ends the request",
          async () => {
            await fresh(service, "enforce");
            await using phone = await Person.at(service);
            await phone.page.goto(`${service.base}/approve`);
            await look(phone.page, "approve-unknown");
            await using person = await Person.at(service);
            await person.begin();
            await person.password();
            await person.press(/Approval on a phone/);
            await look(person.page, "register-approver");
            await phone.page.goto((await person.page.locator(".address").textContent()) ?? "");
            await look(phone.page, "approve-enrol");
            await phone.press("Yes, use this browser");
            await look(phone.page, "approve-enrolled");
            // The waiting page sees it by itself.
            await person.page.getByRole("button", { name: "I have kept them" }).waitFor({ timeout: 15_000 });
            await person.press("I have kept them");
            await person.arrived();
            for (const right of [false, true]) {
              await using again = await Person.at(service);
              await again.begin();
              await again.password();
              const number = (await again.page.locator(".number").textContent()) ?? "";
              await look(again.page, "verify-approval");
              await phone.page.goto(`${service.base}/approve`);
              await look(phone.page, "approve");
              await phone.page.getByLabel("Number").fill(right ? number : number === "10" ? "11" : "10");
              await phone.press("Approve");
              if (right) await look(phone.page, "approve-done");
              if (right) await again.arrived();
              else {
                await again.page.getByRole("alert").waitFor({ timeout: 15_000 });
                assert.match((await again.page.getByRole("alert").textContent()) ?? "", /refused on the phone/);
              }
            }
          },
        ],
        [
          "a passkey: made in the browser, then alone enough",
          async () => {
            await fresh(service, "enforce");
            await using person = await Person.at(service);
            await passkeyDevice(person);
            await person.begin();
            await person.password();
            await person.press(/^Passkey/);
            await look(person.page, "register-passkey");
            await person.press("Create a passkey");
            await person.press("I have kept them");
            await person.arrived();
            await person.context.clearCookies();
            await person.begin();
            await person.press("Sign in with a passkey");
            await person.arrived();
            await person.context.clearCookies();
            await person.begin();
            await person.password();
            await look(person.page, "verify-passkey");
            await person.press("Use a passkey");
            await person.arrived();
          },
        ],
        [
          "my security: methods, an application password, sessions, recent sign-ins, a new password",
          async () => {
            await fresh(service, "enforce");
            await using person = await Person.at(service);
            await person.page.goto(`${service.base}/account`);
            await look(person.page, "account-name");
            await person.page.getByLabel("User name").fill(USER);
            await person.press("Next");
            await person.page.getByLabel("Password", { exact: true }).fill(service.password(USER));
            await person.press("Sign in");
            step -= 4;
            await registerApp(person);
            await person.press("I have kept them");
            await person.page.waitForURL(/\/account$/);
            assert.equal(await person.title(), "My security");
            await person.page.getByLabel("Name of the program").fill("Nightly script");
            await person.press("Make a password");
            await look(person.page, "account-app-password");
            const password = ((await person.page.locator(".device-code").textContent()) ?? "").replaceAll(" ", "");
            const owner = await service.account(USER);
            assert.equal(await factors.acceptsLegacy(owner, password, "192.0.2.1"), "accepted");
            await person.press("Done");
            await look(person.page, "account");
            await person.page.getByRole("link", { name: "Add a way" }).click();
            await look(person.page, "account-add");
            await person.press(/Phone number/);
            await person.page.getByLabel("Phone number").fill("0123");
            await person.press("Send a text message");
            await look(person.page, "account-add-wrong");
            await person.press("Back");
            await person.press("Cancel");
            await person.press(/Remove \(Authenticator app\)/);
            assert.match((await person.page.getByRole("alert").textContent()) ?? "", /last way/);
            await person.page.getByRole("link", { name: "Change the password" }).click();
            await look(person.page, "account-password");
            await person.page.getByLabel("Password now").fill(service.password(USER));
            await person.page.getByLabel("New password", { exact: true }).fill("short");
            await person.page.getByLabel("New password again").fill("short");
            await person.press("Save");
            assert.match((await person.page.getByRole("alert").textContent()) ?? "", /too short/);
            await person.page.goto(`${service.base}/account`);
            await person.press("Sign out");
            await look(person.page, "signed-out");
          },
        ],
        [
          "a password that must be changed is changed on the way",
          async () => {
            await fresh(service, "disable");
            const owner = await service.account("viewer@contoso.com");
            const accounts = service.site.directory.tenant(owner.tenantId).accounts;
            await accounts.setPassword(
              owner.accountId,
              { passwordHash: owner.passwordHash ?? "", ntHashSealed: null, mustChange: true },
              Date.now(),
            );
            await using person = await Person.at(service);
            await person.begin();
            await person.password("viewer@contoso.com");
            await look(person.page, "change");
            for (const [first, second, good] of [
              ["a new long password", "another one", false],
              [service.password("viewer@contoso.com"), service.password("viewer@contoso.com"), false],
              ["a new long password", "a new long password", true],
            ] as const) {
              await person.page.getByLabel("New password", { exact: true }).fill(first);
              await person.page.getByLabel("New password again").fill(second);
              await person.press("Save");
              if (good) await person.arrived();
              else await person.page.getByRole("alert").waitFor();
              if (!good) await look(person.page, "change-wrong");
            }
          },
        ],
        [
          "a device's code: confirmed, signed in, done",
          async () => {
            await fresh(service, "disable");
            const asked = await fetchJson(service, "/contoso.com/oauth2/v2.0/devicecode", {
              client_id: PUBLIC_CLIENT_ID,
              scope: `${TARGET}/.default openid`,
            });
            await using person = await Person.at(service);
            await person.page.goto(`${service.base}/device`);
            await look(person.page, "device");
            await person.page.getByLabel("Code", { exact: true }).fill("WRONGWRONG");
            await person.press("Next");
            await person.page.getByRole("alert").waitFor();
            await person.page.getByLabel("Code", { exact: true }).fill(String(asked["user_code"]));
            await person.press("Next");
            await look(person.page, "device-confirm");
            await person.press("Yes, continue");
            await person.password();
            await person.page.getByText("You are signed in").waitFor();
            await look(person.page, "device-done");
          },
        ],
        [
          "an application without consent asks for it",
          async () => {
            await fresh(service, "disable");
            const owner = await service.account(USER);
            const applications = service.site.identity?.applications(owner.tenantId);
            const made = {
              appId: "0a0a0a0a-0000-4000-8000-00000000000a",
              displayName: "Migration helper",
              isPublic: true,
              redirectUris: [application],
              roles: [],
            };
            await applications?.add(made as never);
            await using person = await Person.at(service);
            await person.begin({ client_id: made.appId });
            await person.password();
            await person.page.getByText("Allow access?").waitFor();
            await look(person.page, "consent");
            await person.press(/^Allow/);
            await person.arrived();
          },
        ],
        [
          "without script: password, app, recovery codes, approval by refresh",
          async () => {
            await fresh(service, "enforce");
            await using person = await Person.at(service, { script: false });
            await person.begin();
            assert.equal(await person.page.getByRole("button", { name: "Sign in with a passkey" }).isVisible(), false);
            await person.password();
            await person.press(/Approval on a phone/);
            await using phone = await Person.at(service, { script: false });
            await phone.page.goto((await person.page.locator(".address").textContent()) ?? "");
            await phone.press("Yes, use this browser");
            await person.press("My phone is set up");
            await person.press("I have kept them");
            await person.arrived();
            await using again = await Person.at(service, { script: false });
            await again.begin();
            await again.password();
            const number = (await again.page.locator(".number").textContent()) ?? "";
            await phone.page.goto(`${service.base}/approve`);
            await phone.page.getByLabel("Number").fill(number);
            await phone.press("Approve");
            await again.press("I have approved it");
            await again.arrived();
          },
        ],
        [
          "refusals have a page of their own; a form from elsewhere, another browser and a second window are turned away",
          async () => {
            await using person = await Person.at(service);
            await person.page.goto(authorizeAddress(service.base, { client_id: "00000000-0000-4000-8000-000000000000" }));
            await look(person.page, "refused");
            await person.page.goto(`${service.base}/account/nothing`);
            const reply = await person.page.goto(`${service.base}/approve/enrol/none`);
            assert.equal(reply?.status(), 410);
            await look(person.page, "lapsed");
            await person.begin();
            await person.page.evaluate("document.querySelectorAll('input[name=form]').forEach((each) => { each.value = 'x' })");
            await person.page.getByLabel("User name").fill(USER);
            const [answer] = await Promise.all([
              person.page.waitForResponse((each) => each.request().method() === "POST"),
              person.press("Next"),
            ]);
            assert.equal(answer.status(), 403);
          },
        ],
      ],
      120_000,
    );
  },
};

async function fetchJson(service: PagesSite, path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
  const context = await service.browser.newContext();
  try {
    const reply = await context.request.post(service.base + path, { form, ignoreHTTPSErrors: true });
    return (await reply.json()) as Record<string, unknown>;
  } finally {
    await context.close();
  }
}
