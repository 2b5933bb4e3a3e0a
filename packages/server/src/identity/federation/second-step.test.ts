/** The service's own pages after a sign-in elsewhere: the provider's in the place of the password, the second factor here. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { PUBLIC_CLIENT_ID } from "../applications.ts";
import { Browser, claimsOf, codeRequest, CONTOSO, LOOPBACK, openAuthority, type Answer, type Authority } from "../authority.fixture.ts";
import { Factors, secondFactorOf, ServicePages } from "../index.ts";
import { totpCode, totpStep } from "../factors/totp.ts";
import { ScriptedProvider } from "./scripted-provider.fixture.ts";

const USER = "admin@contoso.com";
const KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
let ours: Authority;
let provider: ScriptedProvider;
let factors: Factors;

beforeEach(async () => {
  provider = new ScriptedProvider("https://sts.adatum.example");
  ours = await openAuthority({ providers: provider });
  const { db, sources } = ours.service.options;
  factors = new Factors({ db, vault: ours.service.vault, sources, transport: undefined });
  const pages = new ServicePages(ours.service, factors);
  ours.service.use({ pages: pages.interactions, secondFactor: secondFactorOf(factors) });
  const settings = { acceptsProviderMfa: false, trustsInsideNetwork: false, brand: null, metadataUrl: null, accountClaim: "upn" } as const;
  const { federation } = ours.service;
  await federation
    .domains(CONTOSO)
    .set("contoso.com", { ...provider.addresses, ...settings, clientId: provider.clientId }, "a secret", Date.now());
  federation.changed();
});
afterEach(() => ours[Symbol.asyncDispose]());

async function back(amr: readonly string[] = ["pwd"]): Promise<{ browser: Browser; page: Answer & { url: URL }; verifier: string }> {
  const browser = new Browser(ours.base);
  const { address, verifier } = codeRequest({ login_hint: USER });
  const { url } = await browser.go(address);
  await provider.signs({ ...provider.claims(url, USER, Date.now()), amr });
  return { browser, page: await browser.go(provider.back(url)), verifier };
}

/** The forms' secret. */
const formOf = ({ text }: Answer): string => /name="form" value="([^"]+)"/.exec(text)?.[1] ?? "";

test("without a second factor to ask for, the browser goes on to the application", async () => {
  const { page } = await back();
  expect(page.url.origin).toBe(LOOPBACK);
});

test("whoever must register a factor does it here; loading the page again does not lead to the provider", async () => {
  await factors.accounts.change(await ours.account(USER), "enable");
  const { browser, page } = await back();
  expect(page.text).toContain("Set up how to verify yourself");
  const again = await browser.go(page.url.pathname);
  expect(again.text).toContain("Set up how to verify yourself");
  expect(again.url.pathname).toBe(page.url.pathname);
});

test("a registered factor is asked for, and the token says what was shown there and here", async () => {
  const account = await ours.account(USER);
  await factors.accounts.change(account, "enable");
  await factors.tokens.addHardware(account, KEY, 30, "token");
  await factors.registered(account);
  const { browser, page, verifier } = await back();
  expect(page.url.origin).not.toBe(LOOPBACK);
  const code = totpCode(Buffer.from("12345678901234567890"), totpStep(30, Date.now()));
  const wrong = await browser.go(page.url.pathname, { form: formOf(page), action: "verify", code: "000000" });
  expect(wrong.url.origin).not.toBe(LOOPBACK);
  const end = await browser.go(page.url.pathname, { form: formOf(wrong), action: "verify", code });
  expect(end.url.origin).toBe(LOOPBACK);
  const { json } = await ours.post(`/${CONTOSO}/oauth2/v2.0/token`, {
    grant_type: "authorization_code",
    client_id: PUBLIC_CLIENT_ID,
    code: end.url.searchParams.get("code") ?? "",
    redirect_uri: LOOPBACK,
    code_verifier: verifier,
  });
  expect(claimsOf(json["access_token"])["amr"]).toEqual(expect.arrayContaining(["fed", "pwd", "mfa"]));
});
