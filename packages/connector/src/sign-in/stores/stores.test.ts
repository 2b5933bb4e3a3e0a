/** Where tokens are kept: sealed, whole, locked, refused where it is not safe, and in memory where there is no key. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fileKey, keyringKey, passphraseKey } from "./cache-key.ts";
import { cachePath, chooseStore } from "./choose-store.ts";
import { withLock } from "./file-lock.ts";
import { sealedFile } from "./sealed-file.ts";

const root = mkdtempSync(join(tmpdir(), "tieline-tokens-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => join(root, String(++count));
const times = { wait: async () => undefined, nowMs: () => Date.now() };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = (content: Uint8Array | undefined): string | undefined =>
  content === undefined ? undefined : new TextDecoder().decode(content);
const unsafe = expect.objectContaining({ code: "token-cache-unsafe" });
const sealed = expect.objectContaining({ code: "token-cache-sealed" });

const keys = {
  passphrase: () => passphraseKey("open sesame"),
  "key file": () => fileKey(join(fresh(), "cache.key"), root),
  keyring: () => keyringKey(() => entry()) as NonNullable<ReturnType<typeof keyringKey>>,
};

function entry(kept = new Map<string, string>()): { getPassword: () => string | null; setPassword: (text: string) => void } {
  return { getPassword: () => kept.get("x") ?? null, setPassword: (text) => void kept.set("x", text) };
}

test.each(Object.entries(keys))("what is kept under a %s reads back, and is not in the file in the clear", (_, key) => {
  const path = join(fresh(), "tokens");
  const one = key();
  const store = sealedFile(path, one, times);
  expect(store.read()).toBeUndefined();
  store.write(bytes("a token"));
  expect(texts(sealedFile(path, one, times).read())).toBe("a token");
  expect(readFileSync(path).includes("a token")).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("the same content is never the same file twice", () => {
  const path = join(fresh(), "tokens");
  const store = sealedFile(path, passphraseKey("p"), times);
  store.write(bytes("x"));
  const first = readFileSync(path);
  store.write(bytes("x"));
  expect(readFileSync(path).equals(first)).toBe(false);
});

test("another passphrase, another kind of key and any changed byte are refused, in no other way", () => {
  const path = join(fresh(), "tokens");
  const key = fileKey(join(fresh(), "k"), root);
  const store = sealedFile(path, key, times);
  store.write(bytes("content"));
  const whole = readFileSync(path);
  expect(() => sealedFile(path, passphraseKey("p"), times).read()).toThrow(sealed);
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ 1;
    writeFileSync(path, damaged);
    expect(() => store.read()).toThrow(sealed);
  }
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    expect(() => store.read()).toThrow(sealed);
  }
});

test("a wrong passphrase is refused, and is not in the fault", () => {
  const path = join(fresh(), "tokens");
  sealedFile(path, passphraseKey("right"), times).write(bytes("x"));
  expect(() => sealedFile(path, passphraseKey("wrong-word"), times).read()).toThrow(/^(?!.*wrong-word)/s);
});

test("a key file never lies beside the cache, by whatever name the folder goes", () => {
  const folder = fresh();
  mkdirSync(folder);
  expect(() => fileKey(join(folder, "key"), folder)).toThrow(unsafe);
  expect(() => fileKey(join(folder, "sub", "..", "key"), folder)).toThrow(unsafe);
  expect(existsSync(join(folder, "key"))).toBe(false);
});

test.skipIf(process.platform === "win32")("a key file or a cache that others may read is refused", () => {
  const key = join(fresh(), "key");
  const path = join(fresh(), "tokens");
  const store = sealedFile(path, fileKey(key, root), times);
  store.write(bytes("x"));
  chmodSync(path, 0o644);
  expect(() => store.read()).toThrow(unsafe);
  chmodSync(key, 0o640);
  expect(() => fileKey(key, root)).toThrow(unsafe);
});

test("a key file of another length is no key", () => {
  const key = join(fresh(), "key");
  fileKey(key, root);
  writeFileSync(key, "short");
  expect(() => fileKey(key, root)).toThrow(unsafe);
});

test("a keyring that fails, or keeps nothing, is none", () => {
  expect(
    keyringKey(() => {
      throw new Error("Couldn't access platform storage");
    }),
  ).toBeUndefined();
  expect(keyringKey(() => ({ getPassword: () => null, setPassword: () => undefined }))).toBeUndefined();
});

test("what a keyring has forgotten the key of is in nobody's way", () => {
  const environment = { XDG_STATE_HOME: fresh() };
  const before = chooseStore(environment, times, () => keyringKey(() => entry()));
  before.write(bytes("sealed under a key that is gone"));
  const kept = entry();
  const after = () => chooseStore(environment, times, () => keyringKey(() => kept));
  expect(after().read()).toBeUndefined();
  after().write(bytes("anew"));
  expect(texts(after().read())).toBe("anew");
});

test("the store is what was named, then the keyring, then memory", () => {
  const state = fresh();
  const environment = { XDG_STATE_HOME: state };
  const ring = () => keyringKey(() => entry());
  expect(chooseStore({ ...environment, TIELINE_CACHE_PASSPHRASE: "p" }, times, () => undefined).where).toBe(cachePath(environment));
  expect(chooseStore({ ...environment, TIELINE_CACHE_KEY_FILE: join(fresh(), "key") }, times, () => undefined).lasts).toBe(true);
  expect(() => chooseStore({ ...environment, TIELINE_CACHE_KEY_FILE: join(state, "tieline", "key") }, times)).toThrow(unsafe);
  expect(chooseStore(environment, times, ring).lasts).toBe(true);
  expect(chooseStore(environment, times, () => undefined).lasts).toBe(false);
  expect(chooseStore({ ...environment, TIELINE_CACHE_PASSPHRASE: "p", TIELINE_TOKEN_CACHE: "memory" }, times, ring).lasts).toBe(false);
});

test("one at a time, in the order of their coming, and nothing is left behind", async () => {
  const path = join(fresh(), "tokens");
  const wait = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  let inside = 0;
  const run = () =>
    withLock(path, { ...times, wait }, async () => {
      inside += 1;
      await wait();
      expect(inside).toBe(1);
      inside -= 1;
    });
  await Promise.all([run(), run(), run()]);
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test.each([
  ["whose process is gone", "999999999 x", 0],
  ["that is older than any sign-in", `${process.pid} x`, 200],
])("a lock %s is taken over", async (_, owner, ageSeconds) => {
  const path = join(fresh(), "tokens");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(`${path}.lock`, owner);
  const then = Date.now() / 1000 - ageSeconds;
  utimesSync(`${path}.lock`, then, then);
  expect(await withLock(path, times, async () => "ran")).toBe("ran");
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test("a lock that is held stays held, and the one who waits is told after a while", async () => {
  const path = join(fresh(), "tokens");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(`${path}.lock`, `${process.pid} x`);
  let ms = Date.now();
  const impatient = { nowMs: () => ms, wait: async (by: number) => void (ms += by) };
  await expect(withLock(path, impatient, async () => "ran")).rejects.toMatchObject({ code: "token-cache-busy" });
  expect(existsSync(`${path}.lock`)).toBe(true);
});
