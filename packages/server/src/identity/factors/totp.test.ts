import { Secret, TOTP } from "otpauth";
import { describe, expect, it } from "vitest";
import { fromBase32, toBase32 } from "./base32.ts";
import { matchTotp, totpCode, totpStep, totpUri, type TotpPeriod } from "./totp.ts";

const KEY = new Uint8Array(Buffer.from("12345678901234567890"));

describe("base32", () => {
  it.each([
    ["", ""],
    ["f", "MY"],
    ["fo", "MZXQ"],
    ["foo", "MZXW6"],
    ["foob", "MZXW6YQ"],
    ["fooba", "MZXW6YTB"],
    ["foobar", "MZXW6YTBOI"],
  ])("%j is %j, RFC 4648 10", (text, encoded) => {
    expect(toBase32(Buffer.from(text))).toBe(encoded);
    expect(Buffer.from(fromBase32(encoded) ?? [1]).toString()).toBe(text);
    const padded = `${encoded.toLowerCase()}${"=".repeat((8 - (encoded.length % 8)) % 8)}`;
    expect(Buffer.from(fromBase32(padded) ?? [1]).toString()).toBe(text);
  });

  it("takes blanks and dashes between digits, and nothing that is no digit", () => {
    expect(fromBase32("mzxw-6ytb oi")).toEqual(fromBase32("MZXW6YTBOI"));
    expect(fromBase32("MZXW1")).toBeUndefined();
    expect(fromBase32("ÄÖ")).toBeUndefined();
  });
});

describe("time-based one-time passwords", () => {
  it.each([
    [59, "94287082"],
    [1_111_111_109, "07081804"],
    [1_111_111_111, "14050471"],
    [1_234_567_890, "89005924"],
    [2_000_000_000, "69279037"],
    [20_000_000_000, "65353130"],
  ])("at %d s the code is %s, RFC 6238 appendix B", (seconds, code) => {
    expect(totpCode(KEY, totpStep(30, seconds * 1000), 8)).toBe(code);
  });

  it.each<[TotpPeriod, number, boolean]>([
    [30, -2, false],
    [30, -1, true],
    [30, 0, true],
    [30, 1, true],
    [30, 2, false],
    [60, -1, true],
    [60, 2, false],
  ])("of %d s: a code %d steps away is taken: %s, RFC 6238 5.2", (periodSeconds, away, taken) => {
    const nowMs = 1_700_000_000_000;
    const step = totpStep(periodSeconds, nowMs) + away;
    expect(matchTotp({ key: KEY, periodSeconds }, totpCode(KEY, step), { lastStep: 0, nowMs })).toBe(taken ? step : undefined);
  });

  it("refuses a step that was accepted, and those before it", () => {
    const nowMs = 1_700_000_000_000;
    const now = totpStep(30, nowMs);
    const secret = { key: KEY, periodSeconds: 30 } as const;
    expect(matchTotp(secret, totpCode(KEY, now), { lastStep: now, nowMs })).toBeUndefined();
    expect(matchTotp(secret, totpCode(KEY, now - 1), { lastStep: now, nowMs })).toBeUndefined();
    expect(matchTotp(secret, totpCode(KEY, now + 1), { lastStep: now, nowMs })).toBe(now + 1);
  });

  it.each(["", "12345", "abcdef", "0".repeat(50), "１２３４５６"])("refuses %j", (code) => {
    expect(matchTotp({ key: KEY, periodSeconds: 30 }, code, { lastStep: 0, nowMs: 5 })).toBeUndefined();
  });

  it("an authenticator that nobody here wrote shows the same codes, from the QR code and from the typed key", () => {
    for (const period of [30, 60] as const) {
      const uri = totpUri({ key: KEY, periodSeconds: period }, "Contoso: Ltd", "ädmin@contoso.com");
      expect(uri).toMatch(/^otpauth:\/\/totp\//);
      const typed = new TOTP({ secret: Secret.fromBase32(toBase32(KEY)), period });
      for (const timestamp of [59_000, 1_700_000_000_000]) {
        expect(typed.generate({ timestamp })).toBe(totpCode(KEY, totpStep(period, timestamp)));
      }
      expect(new URL(uri).searchParams.get("secret")).toBe(toBase32(KEY));
      expect(new URL(uri).searchParams.get("period")).toBe(String(period));
    }
  });
});
