import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { ntHash } from "../ntlm/response.ts";
import { SYSTEM_SOURCES } from "../sources.ts";
import { openNtHash, sealNtHash } from "./nt-hash-vault.ts";
import { hashPassword, isOutdatedPasswordHash, verifyPassword } from "./password-hash.ts";

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}
const KEY = new Uint8Array(32).fill(7);

test("an NT hash opens with its key and its account only, and shows nothing of itself", async () => {
  const hash = ntHash("Sesame!");
  const sealed = sealNtHash(KEY, "alice", hash, SYSTEM_SOURCES);
  expect(openNtHash(KEY, "alice", sealed)).toEqual(hash);
  expect(sealed).not.toBe(sealNtHash(KEY, "alice", hash, SYSTEM_SOURCES));
  expect(await codeOf(() => openNtHash(KEY, "bob", sealed))).toBe("secret-unreadable");
  expect(await codeOf(() => openNtHash(new Uint8Array(32), "alice", sealed))).toBe("secret-unreadable");
  expect(await codeOf(() => openNtHash(new Uint8Array(16), "alice", sealed))).toBe("secret-unreadable");
  for (let i = 0; i < sealed.length; i++) {
    const other = sealed[i] === "A" ? "B" : "A";
    const spoiled = sealed.slice(0, i) + other + sealed.slice(i + 1);
    // The last digit of base64 may carry bits that no byte takes.
    if (Buffer.from(spoiled.slice(4), "base64").equals(Buffer.from(sealed.slice(4), "base64")) && spoiled.startsWith("nt1$")) continue;
    expect(await codeOf(() => openNtHash(KEY, "alice", spoiled)), `character ${i}`).toBe("secret-unreadable");
  }
  expect(await codeOf(() => sealNtHash(KEY, "alice", new Uint8Array(15), SYSTEM_SOURCES))).toBe("secret-unreadable");
});

test("scrypt in PHC's form agrees with the vector of RFC 7914 12", async () => {
  const salt = Buffer.from("SodiumChloride").toString("base64").replaceAll("=", "");
  const hash = Buffer.from(
    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    "hex",
  );
  const encoded = `$scrypt$ln=14,r=8,p=1$${salt}$${hash.toString("base64").replaceAll("=", "")}`;
  expect(await verifyPassword(encoded, "pleaseletmein")).toBe(true);
  expect(await verifyPassword(encoded, "pleaseletmeout")).toBe(false);
});

test.each(["scrypt", "argon2id"] as const)("%s: right, wrong, empty and changed", async (name) => {
  const has = await codeOf(() => hashPassword("x", SYSTEM_SOURCES, name));
  if (name === "argon2id" && has === "secret-unreadable") return; // not in this Node
  const encoded = await hashPassword("öffne dich", SYSTEM_SOURCES, name);
  expect(encoded).toMatch(name === "scrypt" ? /^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/ : /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(encoded, "öffne dich")).toBe(true);
  expect(await verifyPassword(encoded, "öffne dich".normalize("NFD"))).toBe(true);
  expect(await verifyPassword(encoded, "Öffne dich")).toBe(false);
  expect(await verifyPassword(encoded, "")).toBe(false);
  expect(await codeOf(() => hashPassword("", SYSTEM_SOURCES, name))).toBe("anonymous-refused");
  expect(await codeOf(() => hashPassword("x".repeat(5000), SYSTEM_SOURCES, name))).toBe("usage");
});

test("an unknown account costs the same work and is false", async () => {
  const encoded = await hashPassword("right");
  const time = async (record: string | undefined): Promise<number> => {
    const started = performance.now();
    expect(await verifyPassword(record, "wrong")).toBe(false);
    return performance.now() - started;
  };
  const known = Math.min(await time(encoded), await time(encoded), await time(encoded));
  const unknown = Math.min(await time(undefined), await time(undefined), await time(undefined));
  expect(unknown).toBeGreaterThan(known / 3);
});

test.each([
  "",
  "$",
  "plain",
  "$scrypt$ln=99,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
  "$md5$x$y",
  "$scrypt$ln=15,r=8$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
  `$scrypt$${"ln=15,".repeat(9999)}`,
])("a record of another form is refused: %j", async (record) => {
  expect(await codeOf(() => verifyPassword(record, "x"))).toBe("secret-unreadable");
  expect(isOutdatedPasswordHash(record)).toBe(true);
});

test("a fresh hash is not outdated", async () => {
  expect(isOutdatedPasswordHash(await hashPassword("x"))).toBe(false);
  expect(isOutdatedPasswordHash("$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).toBe(true);
});
