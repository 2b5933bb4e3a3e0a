import { expect, test } from "vitest";
import type { CachedAccount } from "./cache-shape.ts";
import { FakeAuthority, fakeMeans, requestFor, somebody, wishFor } from "./fake-authority.fixture.ts";
import { memoryStore, type CacheStore } from "./stores/store.ts";
import { idOf, TokenCache } from "./token-cache.ts";
import { TokenSource } from "./token-source.ts";
import { Fault } from "@tieline/fault";

function account(user: string, tenantId: string, tenantNames: string[] = []): CachedAccount {
  const authority = "https://login.test";
  return {
    authority,
    authorizationUri: `${authority}/common/oauth2/authorize`,
    clientId: "c",
    tenantId,
    tenantNames,
    user,
    tokens: [],
    signedInAtMs: 0,
  };
}

async function cacheOf(...accounts: CachedAccount[]): Promise<TokenCache> {
  const cache = new TokenCache(memoryStore());
  for (const each of accounts) await cache.change({ ...each, tenant: each.tenantId }, async () => ({ account: each }));
  return cache;
}

test("the same name in two tenants is two accounts, and each is found by its own tenant's names", async () => {
  const cache = await cacheOf(account("a@b.c", "t1", ["one.com"]), account("a@b.c", "t2", ["two.com"]));
  const find = (tenant?: string) =>
    cache.find({ authority: "https://LOGIN.test", clientId: "C", user: "A@B.C", ...(tenant === undefined ? {} : { tenant }) })?.tenantId;
  expect([find("t2"), find("one.com"), find("three.com"), find()]).toEqual(["t2", "t1", undefined, "t1"]);
});

test("a profile has its own default; removing the account removes it as one", async () => {
  const [one, two] = [account("one@b.c", "t"), account("two@b.c", "t")];
  const cache = await cacheOf(one, two);
  await cache.switchTo("default", one);
  await cache.switchTo("customers", two);
  expect([cache.defaultAccount("default")?.user, cache.defaultAccount("customers")?.user]).toEqual(["one@b.c", "two@b.c"]);
  await cache.remove([two]);
  expect([cache.accounts().map(idOf), cache.defaultAccount("customers")]).toEqual([[idOf(one)], undefined]);
});

test.each(["", "{}", "[]", "\u0000", '{"version":2,"accounts":[],"defaults":{}}'])(
  "a content of %j is damaged, and is said so",
  (content) => {
    const store = { ...memoryStore(), where: "x", read: () => new TextEncoder().encode(content) };
    expect(() => new TokenCache(store).accounts()).toThrow(expect.objectContaining({ code: "token-cache-sealed" }));
  },
);

test("an account that is none is passed over", () => {
  const content = JSON.stringify({ version: 1, accounts: [{ user: 7 }, account("a@b.c", "t")], defaults: { x: 1 } });
  const store = { ...memoryStore(), read: () => new TextEncoder().encode(content) };
  expect(new TokenCache(store).accounts().map(({ user }) => user)).toEqual(["a@b.c"]);
});

test("a damaged cache keeps nobody from signing in: it is said once, left as it is, and nothing is written over it", async () => {
  const person = somebody();
  let written = 0;
  const store: CacheStore = {
    ...memoryStore(),
    read: () => {
      throw new Fault("token-cache-sealed", { path: "/x", reason: "it is damaged" });
    },
    write: () => void (written += 1),
  };
  const source = new TokenSource(
    requestFor("admin@contoso.com"),
    { ...wishFor(person, {}, new TokenCache(store)), way: "device-code" },
    fakeMeans(new FakeAuthority(), person),
  );
  expect((await source.token()).user).toBe("admin@contoso.com");
  expect(person.told.filter((words) => words.includes("does not open"))).toHaveLength(1);
  expect(written).toBe(0);
});

test("whoever signs in first becomes the profile's account", async () => {
  const authority = new FakeAuthority();
  const person = somebody();
  const cache = new TokenCache({ ...memoryStore(), lasts: true });
  for (const user of ["admin@contoso.com", "admin@fabrikam.com"]) {
    authority.person = user;
    const wish = { ...wishFor(person, {}, cache), way: "device-code", profile: "default" } as const;
    await new TokenSource(requestFor(user), wish, fakeMeans(authority, person)).token();
  }
  expect(cache.defaultAccount("default")?.user).toBe("admin@contoso.com");
  expect(person.told.filter((words) => words.includes("memory alone"))).toHaveLength(0);
});

test("memory alone is said once, to a person", async () => {
  const authority = new FakeAuthority();
  const person = somebody();
  for (const way of ["device-code", "device-code"] as const) {
    await new TokenSource(requestFor("admin@contoso.com"), { ...wishFor(person), way }, fakeMeans(authority, person)).token();
  }
  expect(person.told.filter((words) => words.includes("memory alone"))).toHaveLength(1);
});

test("a password that is given each time leaves nothing in the cache; one that was typed keeps the account signed in", async () => {
  const authority = new FakeAuthority();
  const cache = new TokenCache({ ...memoryStore(), lasts: true });
  const person = somebody({ askSecret: async () => "right" });
  const source = (given: { password?: () => string }) =>
    new TokenSource(requestFor("admin@contoso.com"), { ...wishFor(person, given, cache), way: "password" }, fakeMeans(authority, person));
  await source({ password: () => "right" }).token();
  expect(cache.accounts()).toEqual([]);
  await source({}).token();
  expect(cache.accounts().map(({ user }) => user)).toEqual(["admin@contoso.com"]);
});
