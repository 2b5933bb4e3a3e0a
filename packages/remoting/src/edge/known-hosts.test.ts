import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { fingerprint, KnownHosts } from "./known-hosts.ts";

const key = (n: number): Buffer => Buffer.alloc(32, n);
const line = (hosts: string, n: number, type = "ssh-ed25519"): string => `${hosts} ${type} ${key(n).toString("base64")} comment`;
const salt = Buffer.alloc(20, 9);
const hashed = `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update("hidden.test").digest("base64")}`;

const known = KnownHosts.parse(
  [
    "# comment",
    "",
    line("a.test,10.0.0.1", 1),
    line("[b.test]:2222", 2),
    line("*.wild.test,!not.wild.test", 3),
    line(hashed, 4, "ssh-rsa"),
    `@revoked ${line("a.test", 5)}`,
    `@cert-authority ${line("c.test", 6)}`,
    "damaged",
  ].join("\r\n"),
);

test.each([
  ["a.test", 22, 1, "known"],
  ["A.TEST", 22, 1, "known"],
  ["10.0.0.1", 22, 1, "known"],
  ["a.test", 22, 2, "changed"],
  ["a.test", 22, 5, "revoked"],
  ["a.test", 2222, 1, "unknown"],
  ["b.test", 2222, 2, "known"],
  ["b.test", 22, 2, "unknown"],
  ["x.wild.test", 22, 3, "known"],
  ["not.wild.test", 22, 3, "unknown"],
  ["hidden.test", 22, 4, "known"],
  ["c.test", 22, 6, "unknown"],
])("%s port %i with key %i is %s", (host, port, n, verdict) => {
  expect(known.verify(host, port, key(n))).toBe(verdict);
});

test("the client asks for the kind of key that it knows", () => {
  expect([known.typesFor("hidden.test", 22), known.typesFor("none.test", 22)]).toEqual([["ssh-rsa"], []]);
});

test("a pattern of many stars takes no time", () => {
  const started = performance.now();
  KnownHosts.parse(line("*a".repeat(1000), 1)).verify("b".repeat(2000), 22, key(1));
  expect(performance.now() - started).toBeLessThan(500);
});

test("the fingerprint has OpenSSH's form", () => {
  expect(fingerprint(key(1))).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
});
