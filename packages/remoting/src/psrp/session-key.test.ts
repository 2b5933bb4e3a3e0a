import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { Fault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import {
  decodePublicKeyBlob,
  decodeSimpleBlob,
  decryptSecret,
  encodePublicKeyBlob,
  encodeSimpleBlob,
  encryptSecret,
} from "./session-key.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const PADDING = Uint8Array.from({ length: 512 }, (_, i) => i % 251);

function code(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    return error instanceof Fault ? error.code : String(error);
  }
}

describe("the client's key ([MS-PSRP] 2.2.2.3)", () => {
  it("is a PUBLICKEYBLOB of 276 bytes: type, version, algorithm, RSA1, 2048, exponent, modulus, all little-endian", () => {
    const blob = encodePublicKeyBlob(pair.publicKey);
    expect(blob).toHaveLength(276);
    expect([...blob.subarray(0, 20)]).toEqual([6, 2, 0, 0, 0, 0xa4, 0, 0, 0x52, 0x53, 0x41, 0x31, 0, 8, 0, 0, 1, 0, 1, 0]);
    expect(decodePublicKeyBlob(blob).equals(pair.publicKey)).toBe(true);
  });

  it.each([
    ["shorter", (blob: Uint8Array) => blob.subarray(0, 275)],
    ["of another type", (blob: Uint8Array) => blob.with(0, 7)],
    ["with an even exponent", (blob: Uint8Array) => blob.with(16, 2)],
    ["with a modulus of fewer bits", (blob: Uint8Array) => blob.with(275, 0)],
    ["empty", () => new Uint8Array(0)],
  ])("is refused where it is %s", (_, damage) => {
    expect(code(() => decodePublicKeyBlob(damage(encodePublicKeyBlob(pair.publicKey))))).toBe("session-key-invalid");
  });
});

describe("the server's answer ([MS-PSRP] 2.2.2.4)", () => {
  it("is a SIMPLEBLOB of 268 bytes with the key under PKCS #1 v1.5", () => {
    const blob = encodeSimpleBlob(KEY, pair.publicKey, PADDING);
    expect(blob).toHaveLength(268);
    expect([...blob.subarray(0, 12)]).toEqual([1, 2, 0, 0, 0x10, 0x66, 0, 0, 0, 0xa4, 0, 0]);
    expect(decodeSimpleBlob(blob, pair.privateKey)).toEqual(KEY);
  });

  it("is refused alike where it is for another key, damaged or no blob", () => {
    const other: KeyObject = createPrivateKey(
      generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }),
    );
    const blob = encodeSimpleBlob(KEY, pair.publicKey, PADDING);
    for (const act of [
      () => decodeSimpleBlob(blob, other),
      () => decodeSimpleBlob(blob.with(100, (blob[100] ?? 0) ^ 1), pair.privateKey),
      () => decodeSimpleBlob(blob.subarray(1), pair.privateKey),
      () => decodeSimpleBlob(new Uint8Array(268), pair.privateKey),
    ]) {
      expect(code(act)).toBe("session-key-invalid");
    }
  });

  it("needs random bytes enough that are not zero", () => {
    expect(code(() => encodeSimpleBlob(KEY, pair.publicKey, new Uint8Array(512)))).toBe("session-key-invalid");
  });
});

describe("secrets ([MS-PSRP] 2.2.5.1.24)", () => {
  it("are AES-256-CBC with a zero vector and PKCS #7, as openssl computes it", () => {
    // printf 's\0' | openssl enc -aes-256-cbc -K 000102...1f -iv 0 -base64
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    const secret = encryptSecret(key, Uint8Array.of(0x73, 0));
    expect(secret).toBe("uOCbcCf2m/qqtmAidG3MTw==");
    expect(decryptSecret(key, secret)).toEqual(Uint8Array.of(0x73, 0));
  });

  it("that were altered are one fault, whatever was altered", () => {
    const secret = encryptSecret(KEY, new TextEncoder().encode("t\0o\0p\0"));
    for (const altered of ["", "AAAA", `${secret.slice(0, -4)}AA==`, "not base64 at all"]) {
      expect(code(() => decryptSecret(KEY, altered))).toBe("secure-string-invalid");
    }
  });
});
