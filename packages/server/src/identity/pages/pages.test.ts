import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret, TOTP } from "otpauth";
import { codeRequest, CONTOSO, openAuthority, Browser, PASSWORD, TARGET, type Answer, type Authority } from "../authority.fixture.ts";
import { Factors, secondFactorOf } from "../factors/index.ts";
import { PUBLIC_CLIENT_ID } from "../applications.ts";
import { html, raw } from "./html.ts";
import { ServicePages } from "./service-pages.ts";

const USER = "admin@contoso.com";

let authority: Authority;
let factors: Factors;
beforeAll(async () => {
  authority = await openAuthority();
  const { service } = authority;
  const { db, sources } = service.options;
  factors = new Factors({ db, vault: service.vault, sources });
  service.use({ pages: new ServicePages(service, factors).interactions, secondFactor: secondFactorOf(factors) });
});
afterAll(() => authority[Symbol.asyncDispose]());

type Shown = Answer & { url: URL };

function secretIn(page: Shown): string {
  return /name="form" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
}

/** Sends a form of the page that is shown. */
function send(browser: Browser, page: Shown, fields: Record<string, string>): Promise<Shown> {
  return browser.go(page.url.pathname, { form: secretIn(page), ...fields });
}

async function atPassword(): Promise<{ browser: Browser; page: Shown }> {
  const browser = new Browser(authority.base);
  const name = await browser.go(codeRequest().address);
  return { browser, page: await send(browser, name, { action: "next", user: USER }) };
}

async function state(event: "disable" | "enable" | "enforce"): Promise<void> {
  const account = await authority.account(USER);
  await factors.reset(account);
  await factors.accounts.change(account, event);
}

describe("the template", () => {
  it("escapes what is put in, in text and in attributes, and nothing twice", () => {
    const evil = `<script>alert("1")</script>&'`;
    const inner = html`<b title="${evil}">${evil}</b>`;
    const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;";
    expect(inner.text).toBe(`<b title="${escaped}">${escaped}</b>`);
    expect(html`<p>${[inner, raw("<br>"), null, false, undefined, 7, "\u0000\u001b"]}</p>`.text).toBe(`<p>${inner.text}<br>7</p>`);
  });
});

describe("a sign-in", () => {
  it("leads from name and password back to the application; what is shown is kept, framed and sent nowhere", async () => {
    await state("disable");
    const { browser, page } = await atPassword();
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("referrer-policy")).toBe("same-origin");
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(page.text).not.toMatch(/<script(?![^>]* src=)|<style| style="| on[a-z]+="/);
    const wrong = await send(browser, page, { action: "password", password: "wrong" });
    expect([wrong.status, wrong.text.includes("invalid username or password")]).toEqual([400, true]);
    const back = await send(browser, wrong, { action: "password", password: PASSWORD });
    expect(back.url.searchParams.get("code")).toBeTruthy();
  });

  it("escapes what was typed", async () => {
    const browser = new Browser(authority.base);
    const name = await browser.go(codeRequest().address);
    const again = await send(browser, name, { action: "next", user: `"><script>x</script>@nowhere.example` });
    expect(again.text).not.toContain("<script>x");
    expect(again.text).toContain("&quot;&gt;&lt;script&gt;x");
  });

  it.each([
    ["another secret", (form: string) => ({ form: `${form.slice(1)}x` })],
    ["no secret", () => ({ form: "" })],
  ])("refuses a form with %s, and goes nowhere", async (_, change) => {
    const { browser, page } = await atPassword();
    const refused = await browser.go(page.url.pathname, { ...change(secretIn(page)), action: "password", password: PASSWORD });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("was not sent from a page of this service");
    expect((await browser.go(page.url.pathname)).text).toContain("Enter your password");
  });

  it("refuses the secret of another browser", async () => {
    const [mine, other] = [await atPassword(), await atPassword()];
    const fields = { form: secretIn(other.page), action: "password", password: PASSWORD };
    expect((await mine.browser.go(mine.page.url.pathname, fields)).status).toBe(403);
  });

  it("sent twice at once is finished once", async () => {
    await state("disable");
    const { browser, page } = await atPassword();
    const both = await Promise.all([1, 2].map(() => send(browser, page, { action: "password", password: PASSWORD })));
    expect(both.filter((each) => each.url.searchParams.has("code"))).toHaveLength(1);
    for (const other of both.filter((each) => !each.url.searchParams.has("code"))) expect(other.status).toBeGreaterThanOrEqual(400);
  });

  it("asks for a factor that was set up, takes its code once, and tells the application by amr", async () => {
    await state("enable");
    const { browser, page } = await atPassword();
    const choice = await send(browser, page, { action: "password", password: PASSWORD });
    expect(choice.text).toContain("Set up how to verify yourself");
    const setup = await send(browser, choice, { action: "setup:code" });
    const key = /class="key">([A-Z2-7 ]+)</.exec(setup.text)?.[1]?.replaceAll(" ", "") ?? "";
    const app = new TOTP({ secret: Secret.fromBase32(key) });
    const code = (): string => app.generate({ timestamp: Date.now() + authority.clock.aheadMs });
    const wrong = await send(browser, setup, { action: "code", code: "000000x" });
    expect(wrong.text).toContain("not the one that the app shows");
    const used = code();
    const codes = await send(browser, setup, { action: "code", code: used });
    expect(codes.text.match(/<li>[2-9a-z-]{19}<\/li>/g)).toHaveLength(10);
    const back = await send(browser, codes, { action: "kept" });
    expect(back.url.searchParams.has("code")).toBe(true);
    expect((await factors.accounts.get(await authority.account(USER))).state).toBe("Enforced");

    const second = await atPassword();
    const asked = await send(second.browser, second.page, { action: "password", password: PASSWORD });
    expect(asked.text).toContain("Show that it is you");
    const replay = await send(second.browser, asked, { action: "verify", code: used });
    expect(replay.text).toContain("used before");
    authority.clock.aheadMs += 30_000;
    const done = await send(second.browser, asked, { action: "verify", code: code() });
    expect(done.url.searchParams.has("code")).toBe(true);
  });

  it("does not let a form jump over a step", async () => {
    const { browser, page } = await atPassword();
    const asked = await send(browser, page, { action: "password", password: PASSWORD });
    for (const action of ["kept", "continue", "change", "setup:code", "passkey", "choose:call:x", "nonsense"]) {
      const refused = await send(browser, asked, { action });
      expect([action, refused.status, refused.url.searchParams.has("code")]).toEqual([action, 400, false]);
    }
  });

  it("goes on after another provider, with what that has shown and our own factor", async () => {
    await state("enforce");
    const account = await authority.account(USER);
    const { interactions } = new ServicePages(authority.service, factors);
    const { accountId } = account;
    let isBack = false;
    const ends: string[][] = [];
    authority.service.use({
      pages: {
        ...interactions,
        interact: async (http, interaction, end) => {
          const listening = {
            ...end,
            finish: (outcome: Parameters<typeof end.finish>[0]) => (ends.push([...outcome.amr]), end.finish(outcome)),
          };
          if (isBack) return interactions.interact(http, interaction, listening);
          isBack = true;
          const first = { accountId, account, amr: ["fed"], authTimeMs: 0, remember: false, demand: "registration" as const };
          await interactions.secondStep?.(http, interaction, listening, first);
        },
      },
    });
    const browser = new Browser(authority.base);
    const choice = await browser.go(codeRequest().address);
    expect(choice.text).toContain("Set up how to verify yourself");
    const setup = await send(browser, choice, { action: "setup:code" });
    const key = /class="key">([A-Z2-7 ]+)</.exec(setup.text)?.[1]?.replaceAll(" ", "") ?? "";
    const code = new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: Date.now() + authority.clock.aheadMs });
    const back = await send(browser, await send(browser, setup, { action: "code", code }), { action: "kept" });
    expect([back.url.searchParams.has("code"), ends]).toEqual([true, [["fed", "mfa"]]]);
    authority.service.use({ pages: interactions });
  });

  it("by a program with a password alone is refused with the numbers that administrators know", async () => {
    const grant = (): Promise<Answer> =>
      authority.post(`/${CONTOSO}/oauth2/v2.0/token`, {
        grant_type: "password",
        client_id: PUBLIC_CLIENT_ID,
        username: USER,
        password: PASSWORD,
        scope: `${TARGET}/.default`,
      });
    expect((await grant()).json["error_codes"]).toEqual([50076]);
    await state("enforce");
    expect((await grant()).json["error_codes"]).toEqual([50079]);
    await factors.setSettings(CONTOSO, { trustedRanges: ["127.0.0.0/8"] });
    expect((await grant()).json["access_token"]).toBeDefined();
    await factors.setSettings(CONTOSO, { trustedRanges: [] });
  });
});
