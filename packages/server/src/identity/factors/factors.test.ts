import { isFault } from "@tieline/fault";
import { readdirSync, readFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret, TOTP } from "otpauth";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ENGINES } from "../../store/engines.fixture.ts";
import type { Account } from "../../directory/index.ts";
import { openBench, type Bench } from "./factors.fixture.ts";
import type { MfaSettings } from "./settings.ts";
import { FileOutbox } from "./transport.ts";

async function codeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

describe.each(ENGINES)("second factors on $name", ({ open }) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench({}, await open());
  });
  afterEach(() => bench.store.close());

  /** Registers an app and hands back what computes its codes. */
  async function withToken(owner: Account = bench.admin): Promise<() => string> {
    const pending = await bench.factors.tokens.begin(owner, "Contoso");
    const app = new TOTP({ secret: Secret.fromBase32(pending.typedKey.replaceAll(" ", "")) });
    const code = (): string => app.generate({ timestamp: bench.clock.nowMs });
    await bench.factors.tokens.confirm(owner, pending.challengeId, code(), "My phone");
    bench.clock.nowMs += 30_000;
    return code;
  }
  const lastCode = (): string => /\d(?: ?\d){5}/.exec(bench.sent.at(-1)?.text ?? "")?.[0].replaceAll(" ", "") ?? "";

  it("an app is registered by a code of it, and its codes are good once", async () => {
    const { factors, admin, stranger } = bench;
    const code = await withToken();
    expect((await factors.tokens.verify(admin, code())).name).toBe("My phone");
    expect(await codeOf(() => factors.tokens.verify(admin, code()))).toBe("factor-wrong");
    bench.clock.nowMs += 30_000;
    await factors.tokens.verify(admin, code());
    expect(await codeOf(() => factors.tokens.verify(stranger, code()))).toBe("factor-wrong");
    expect(await factors.methods.list(stranger)).toEqual([]);
  });

  it("of two that send one code at the same moment one is let in", async () => {
    const { factors, admin } = bench;
    const code = await withToken();
    const both = await Promise.allSettled([factors.tokens.verify(admin, code()), factors.tokens.verify(admin, code())]);
    expect(both.filter((each) => each.status === "fulfilled")).toHaveLength(1);
  });

  it("an account has five tokens at most, a hardware token of 60 s among them", async () => {
    const { factors, admin } = bench;
    const key = "MZXW6YTBOIMZXW6YTBOIMZXW6YTBOIMZ";
    for (let i = 0; i < 5; i += 1) await factors.tokens.addHardware(admin, key, 60, `Token ${i}`);
    expect(await codeOf(() => factors.tokens.addHardware(admin, key, 60, "Sixth"))).toBe("factor-limit");
    expect(await codeOf(() => factors.tokens.addHardware(admin, "MZXW6", 30, "Short"))).toBe("factor-wrong");
    const code = new TOTP({ secret: Secret.fromBase32(key), period: 60 }).generate({ timestamp: bench.clock.nowMs });
    expect((await factors.tokens.verify(admin, code)).kind).toBe("totp");
  });

  it("ten wrong codes lock the account's factors, of whatever kind, and a right one among them forgets", async () => {
    const { factors, admin, stranger } = bench;
    const code = await withToken();
    for (let i = 0; i < 9; i += 1) expect(await codeOf(() => factors.tokens.verify(admin, "000000x"))).toBe("factor-wrong");
    await factors.tokens.verify(admin, code());
    for (let i = 0; i < 10; i += 1) expect(await codeOf(() => factors.tokens.verify(admin, "000000x"))).toBe("factor-wrong");
    bench.clock.nowMs += 60_000;
    expect(await codeOf(() => factors.tokens.verify(admin, code()))).toBe("factor-locked");
    expect(await codeOf(() => factors.recoveryCodes.verify(admin, "x"))).toBe("factor-locked");
    expect(await codeOf(() => factors.recoveryCodes.verify(stranger, "x"))).toBe("factor-wrong");
    bench.clock.nowMs += 15 * 60_000;
    await factors.tokens.verify(admin, code());
  });

  it("guesses that are sent at once are counted before they are judged", async () => {
    const { factors, admin } = bench;
    await withToken();
    const all = await Promise.all(Array.from({ length: 40 }, () => codeOf(() => factors.tokens.verify(admin, "000000x"))));
    expect(all.filter((code) => code === "factor-wrong")).toHaveLength(10);
    expect(all.filter((code) => code === "factor-locked")).toHaveLength(30);
  });

  it("a number is registered and asked by text and call; a code is of one challenge, good once and for five minutes", async () => {
    const { factors, admin } = bench;
    const begun = await factors.phones.begin(admin, "+1 (425) 555-0123", "text", "Contoso");
    expect(bench.sent.at(-1)).toMatchObject({ kind: "text", to: "+14255550123" });
    const method = await factors.phones.confirm(admin, begun.challengeId, lastCode());
    expect(method.name).toBe("+1 ••• ••23");
    expect(await codeOf(() => factors.phones.confirm(admin, begun.challengeId, lastCode()))).toBe("factor-lapsed");
    const first = await factors.phones.ask(admin, method.methodId, "text", "Contoso");
    const firstCode = lastCode();
    const second = await factors.phones.ask(admin, method.methodId, "call", "Contoso");
    expect(bench.sent.at(-1)?.text).toMatch(/^\d \d \d \d \d \d /);
    if (firstCode !== lastCode())
      expect(await codeOf(() => factors.phones.verify(admin, second.challengeId, firstCode))).toBe("factor-wrong");
    await factors.phones.verify(admin, second.challengeId, lastCode());
    bench.clock.nowMs += 5 * 60_000;
    expect(await codeOf(() => factors.phones.verify(admin, first.challengeId, firstCode))).toBe("factor-lapsed");
  });

  it("a challenge ends after five wrong codes, and messages are counted", async () => {
    const { factors, admin } = bench;
    const begun = await factors.phones.begin(admin, "+14255550123", "text", "Contoso");
    for (let i = 0; i < 5; i += 1) expect(await codeOf(() => factors.phones.confirm(admin, begun.challengeId, "x"))).toBe("factor-wrong");
    expect(await codeOf(() => factors.phones.confirm(admin, begun.challengeId, lastCode()))).toBe("factor-lapsed");
    for (let i = 0; i < 9; i += 1) await factors.phones.begin(admin, "+14255550123", "text", "Contoso");
    expect(await codeOf(() => factors.phones.begin(admin, "+14255550123", "text", "Contoso"))).toBe("factor-messages");
    bench.clock.nowMs += 3_600_000;
    await factors.phones.begin(admin, "+14255550123", "text", "Contoso");
    expect(await codeOf(() => factors.phones.begin(admin, "0123", "text", "Contoso"))).toBe("factor-phone");
  });

  describe("approval on a phone", () => {
    const details = { application: "Remote PowerShell", address: "192.0.2.1", browser: "Firefox" };
    async function withPhone() {
      const { secret } = await bench.factors.approvers.beginEnrolment(bench.admin);
      const enrolled = await bench.factors.approvers.enrol(bench.admin, secret, "Phone");
      expect(await codeOf(() => bench.factors.approvers.enrol(bench.admin, secret, "Again"))).toBe("factor-lapsed");
      const phone = await bench.factors.approvers.byCookie(enrolled.secret);
      expect(phone?.methodId).toBe(enrolled.method.methodId);
      expect(await bench.factors.approvers.byCookie("guess")).toBeUndefined();
      return enrolled.method;
    }

    it("the right number lets one sign-in through, once", async () => {
      const { approvers } = bench.factors;
      const phone = await withPhone();
      const { challengeId, number } = await approvers.ask(bench.admin, details);
      expect(number).toMatch(/^[1-9]\d$/);
      expect(await approvers.collect(bench.admin, challengeId)).toBe(false);
      expect(await approvers.pending(phone)).toMatchObject([{ challengeId, ...details }]);
      await approvers.approve(phone, challengeId, number);
      expect(await approvers.pending(phone)).toEqual([]);
      expect(await codeOf(() => approvers.collect(bench.stranger, challengeId))).toBe("factor-lapsed");
      expect(await approvers.collect(bench.admin, challengeId)).toBe(true);
      expect(await codeOf(() => approvers.collect(bench.admin, challengeId))).toBe("factor-lapsed");
    });

    it("a wrong number ends the request", async () => {
      const { approvers } = bench.factors;
      const phone = await withPhone();
      const { challengeId, number } = await approvers.ask(bench.admin, details);
      expect(await codeOf(() => approvers.approve(phone, challengeId, number === "10" ? "11" : "10"))).toBe("factor-denied");
      expect(await codeOf(() => approvers.approve(phone, challengeId, number))).toBe("factor-lapsed");
      expect(await codeOf(() => approvers.collect(bench.admin, challengeId))).toBe("factor-denied");
    });

    it("a refusal ends it too, and a new request ends the one before", async () => {
      const { approvers } = bench.factors;
      const phone = await withPhone();
      const first = await approvers.ask(bench.admin, details);
      const second = await approvers.ask(bench.admin, details);
      expect(await codeOf(() => approvers.approve(phone, first.challengeId, first.number))).toBe("factor-lapsed");
      await approvers.deny(phone, second.challengeId);
      expect(await codeOf(() => approvers.collect(bench.admin, second.challengeId))).toBe("factor-denied");
    });
  });

  it("a recovery code is good once, in any spelling, and new ones void the old", async () => {
    const { factors, admin, stranger } = bench;
    const codes = await factors.recoveryCodes.replace(admin);
    expect(new Set(codes).size).toBe(10);
    const [first, second] = codes as [string, string];
    expect(first).toMatch(/^[2-9a-z]{4}(-[2-9a-z]{4}){3}$/);
    expect(await codeOf(() => factors.recoveryCodes.verify(stranger, first))).toBe("factor-wrong");
    await factors.recoveryCodes.verify(admin, ` ${first.toUpperCase().replaceAll("-", " ")}`);
    expect(await codeOf(() => factors.recoveryCodes.verify(admin, first))).toBe("factor-wrong");
    expect(await factors.recoveryCodes.left(admin)).toBe(9);
    await factors.recoveryCodes.replace(admin);
    expect(await codeOf(() => factors.recoveryCodes.verify(admin, second))).toBe("factor-wrong");
    const both = await factors.recoveryCodes.replace(admin);
    const race = await Promise.allSettled([both[0], both[0]].map((code) => factors.recoveryCodes.verify(admin, code as string)));
    expect(race.filter((each) => each.status === "fulfilled")).toHaveLength(1);
  });

  it("an application password stands in the password's place once the account is Enforced", async () => {
    const { factors, admin, stranger } = bench;
    const password = await factors.appPasswords.add(admin, "Script host");
    expect(password).toMatch(/^[a-z]{16}$/);
    expect(await factors.acceptsLegacy(admin, password, "192.0.2.1")).toBe("password");
    await factors.accounts.change(admin, "enforce");
    expect(await factors.acceptsLegacy(admin, `${password.slice(0, 4)} ${password.slice(4)}`, "192.0.2.1")).toBe("accepted");
    expect(await factors.acceptsLegacy(admin, "the account's own", "192.0.2.1")).toBe("refused");
    await factors.accounts.change(stranger, "enforce");
    expect(await factors.acceptsLegacy(stranger, password, "192.0.2.1")).toBe("refused");
    await factors.setSettings(admin.tenantId, { allowAppPasswords: false });
    expect(await factors.acceptsLegacy(admin, password, "192.0.2.1")).toBe("refused");
    await factors.setSettings(admin.tenantId, { allowAppPasswords: true });
    const [entry] = await factors.appPasswords.list(admin);
    expect(entry).toMatchObject({ name: "Script host", usedMs: bench.clock.nowMs });
    await factors.appPasswords.revoke(stranger, entry?.passwordId ?? "");
    expect(await factors.acceptsLegacy(admin, password, "192.0.2.1")).toBe("accepted");
    await factors.appPasswords.revoke(admin, entry?.passwordId ?? "");
    expect(await factors.acceptsLegacy(admin, password, "192.0.2.1")).toBe("refused");
  });

  it("Enabled goes on with passwords until it registers, and is Enforced then", async () => {
    const { factors, admin } = bench;
    await factors.accounts.change(admin, "enable");
    expect(await factors.requiresMfa(admin, "192.0.2.1", "legacy")).toBe("none");
    expect(await factors.requiresMfa(admin, "192.0.2.1", "browser")).toBe("register");
    await withToken();
    expect(await factors.registered(admin)).toBe("Enforced");
    expect(await factors.requiresMfa(admin, "192.0.2.1", "browser")).toBe("verify");
    expect(await factors.requiresMfa(admin, "192.0.2.1", "legacy")).toBe("app-password");
    await factors.accounts.requireRegistration(admin);
    expect(await factors.requiresMfa(admin, "192.0.2.1", "browser")).toBe("register");
    expect(await factors.registered(admin)).toBe("Enforced");
    expect(await factors.reset(admin, { appPasswords: true })).toBe("Enforced");
    expect(await factors.methods.list(admin)).toEqual([]);
    expect(await factors.requiresMfa(admin, "192.0.2.1")).toBe("register");
  });

  it("a trusted address and a remembered browser are not asked, within the tenant's days", async () => {
    const { factors, admin } = bench;
    await factors.accounts.change(admin, "enforce");
    await withToken();
    const secret = await factors.browsers.remember(admin, 30);
    expect(await factors.requiresMfa(admin, "192.0.2.1", "browser", [secret])).toBe("verify");
    await factors.setSettings(admin.tenantId, { rememberDays: 30, trustedRanges: ["198.51.100.0/24"] });
    expect(await factors.requiresMfa(admin, "192.0.2.1", "browser", ["other", secret])).toBe("none");
    expect(await factors.requiresMfa(admin, "192.0.2.1", "browser")).toBe("verify");
    expect(await factors.requiresMfa(admin, "::ffff:198.51.100.9", "program")).toBe("none");
    expect(await factors.requiresMfa(admin, "198.51.100.9", "legacy")).toBe("app-password");
    bench.clock.nowMs += 30 * 86_400_000;
    expect(await factors.requiresMfa(admin, "192.0.2.1", "browser", [secret])).toBe("verify");
  });

  it("a method that the tenant no longer allows does not count, and the last that counts stays", async () => {
    const { factors, admin } = bench;
    await factors.accounts.change(admin, "enforce");
    await withToken();
    const [method] = await factors.methods.list(admin);
    expect(await codeOf(() => factors.removeMethod(admin, method?.methodId ?? ""))).toBe("factor-last");
    await factors.setSettings(admin.tenantId, { methods: ["text"] });
    expect(await factors.requiresMfa(admin, "192.0.2.1")).toBe("register");
    expect(await codeOf(() => factors.checkAllowed(admin.tenantId, "code"))).toBe("factor-not-allowed");
  });

  it.each<[Partial<MfaSettings>, string]>([
    [{ rememberDays: 366 }, "mfa-remember-days"],
    [{ rememberDays: 1.5 }, "mfa-remember-days"],
    [{ trustedRanges: ["everywhere"] }, "mfa-range"],
    [{ trustedRanges: Array.from({ length: 51 }, (_, i) => `192.0.2.${i}`) }, "mfa-ranges"],
    [{ methods: [] }, "mfa-no-method"],
    [{ rememberDays: 365, trustedRanges: Array.from({ length: 50 }, (_, i) => `192.0.2.${i}`) }, "none"],
  ])("settings %#: %s", async (changes, code) => {
    expect(await codeOf(() => bench.factors.setSettings(bench.admin.tenantId, changes))).toBe(code);
  });

  it("no secret stands in the database", async () => {
    const { factors, admin, store } = bench;
    const pending = await factors.tokens.begin(admin, "Contoso");
    const key = pending.typedKey.replaceAll(" ", "");
    await withToken();
    const secrets = [
      key,
      ...(await factors.recoveryCodes.replace(admin)),
      await factors.appPasswords.add(admin, "x"),
      (await factors.approvers.beginEnrolment(admin)).secret,
      await factors.browsers.remember(admin, 3),
    ];
    const tables = ["mfa_methods", "mfa_recovery_codes", "app_passwords", "mfa_challenges", "mfa_browsers"] as const;
    const dump = JSON.stringify(await Promise.all(tables.map((table) => store.db.selectFrom(table).selectAll().execute())));
    for (const secret of secrets) expect(dump).not.toContain(secret);
  });
});

it("the outbox holds one file a message, for its owner alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tieline-outbox-"));
  try {
    const outbox = new FileOutbox(join(folder, "outbox"), () => Date.UTC(2026, 0, 2));
    await outbox.send({ kind: "text", to: "+14255550123", text: "123456 is your code" });
    await outbox.send({ kind: "call", to: "+14255550123", text: "1 2 3" });
    const files = readdirSync(join(folder, "outbox")).sort();
    expect(files).toHaveLength(2);
    const path = join(folder, "outbox", files[0] as string);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ kind: "text", to: "+14255550123", text: "123456 is your code" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
