import { expect, test } from "vitest";
import { md4 } from "./md4.ts";
import { Rc4 } from "./rc4.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test.each([
  ["", "31d6cfe0d16ae931b73c59d7e0c089c0"],
  ["a", "bde52cb31de33e46245e05fbdbd6fb24"],
  ["abc", "a448017aaf21d8525fc10ae87aa6729d"],
  ["message digest", "d9130a8164549fe818874806e1c7014b"],
  ["abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"],
  ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4"],
  ["12345678901234567890123456789012345678901234567890123456789012345678901234567890", "e33b4ddc9c38f2199c3e7b164fcc0536"],
])("MD4 of %j, RFC 1320 A.5", (text, digest) => {
  expect(hex(md4(Buffer.from(text)))).toBe(digest);
});

test("MD4 pads every length around a block's end differently, RFC 1320 3.1", () => {
  const digests = Array.from({ length: 130 }, (_, length) => hex(md4(new Uint8Array(length))));
  expect(new Set(digests).size).toBe(130);
});

// RFC 6229 2: the first 16 bytes of the key stream.
test.each([
  ["0102030405", "b2396305f03dc027ccc3524a0a1118a8"],
  ["01020304050607", "293f02d47f37c9b633f2af5285feb46b"],
  ["0102030405060708090a0b0c0d0e0f10", "9ac7cc9a609d1ef7b2932899cde41b97"],
])("RC4 with the key %s, RFC 6229 2", (key, first) => {
  const cipher = new Rc4(Buffer.from(key, "hex"));
  expect(hex(cipher.update(new Uint8Array(16)))).toBe(first);
});

test("RC4's stream runs on from call to call, and a clone goes on from the same place", () => {
  const whole = new Rc4(Buffer.from("Key")).update(Buffer.from("Plaintext"));
  expect(hex(whole)).toBe("bbf316e8d940af0ad3");
  const parts = new Rc4(Buffer.from("Key"));
  const first = parts.update(Buffer.from("Plain"));
  const clone = parts.clone();
  const rest = parts.update(Buffer.from("text"));
  expect(hex(first) + hex(rest)).toBe(hex(whole));
  expect(hex(clone.update(Buffer.from("text")))).toBe(hex(rest));
});
