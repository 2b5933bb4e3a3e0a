/** A forest over LDAP against a domain controller in miniature; `interop/ldap.driver.ts` has a real one. */
import { createServer, type AddressInfo } from "node:net";
import { isFault, type Fault } from "@tieline/fault";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WRITTEN_ATTRIBUTES } from "./attribute-flow.ts";
import type { Forest, ForestPage } from "./forest.ts";
import { openLdapForest, type LdapForestOptions } from "./ldap-forest.ts";
import { INVOCATION_ID, MiniController } from "./ldap-server.fixture.ts";

let dc: MiniController;
const opened: Forest[] = [];
const options = (more: Partial<LdapForestOptions> = {}): LdapForestOptions => ({
  url: dc.url,
  user: "svc@mini.test",
  password: dc.password,
  plain: true,
  ...more,
});
const open = async (more: Partial<LdapForestOptions> = {}): Promise<Forest> => {
  const forest = await openLdapForest(options(more));
  opened.push(forest);
  return forest;
};
const faultOf = async (action: Promise<unknown>): Promise<Fault> => {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isFault(error)) throw new Error(`no fault: ${String(error)}`);
  return error;
};
const pagesOf = async (forest: Forest, cursor?: string): Promise<ForestPage[]> => {
  const pages: ForestPage[] = [];
  for await (const page of forest.read(cursor)) pages.push(page);
  return pages;
};
const names = (pages: readonly ForestPage[]): string[] =>
  pages.flatMap(({ users }) =>
    users.map(({ guid, deleted, attributes }) => (deleted ? `-${guid.slice(-2)}` : (attributes["sAMAccountName"]?.[0] ?? ""))),
  );

beforeEach(async () => {
  dc = await MiniController.start();
  dc.schema = WRITTEN_ATTRIBUTES;
  for (const [i, name] of ["ada", "bob", "eve", "zoe", "max"].entries()) dc.set(i + 1, name, { mail: [`${name}@mini.test`] });
});
afterEach(async () => {
  for (const forest of opened.splice(0)) await forest[Symbol.asyncDispose]();
  await dc[Symbol.asyncDispose]();
});

describe("readings", () => {
  test("all users in pages; the last page says that these were all", async () => {
    const forest = await open({ pageSize: 2 });
    const pages = await pagesOf(forest);
    expect(pages.map(({ users, whole }) => [users.length, whole])).toEqual([
      [2, false],
      [2, false],
      [1, false],
      [0, true],
    ]);
    expect(pages[0]?.users[0]).toEqual({
      guid: "00000000-0000-0000-0000-000000000001",
      distinguishedName: "CN=ada,DC=mini,DC=test",
      attributes: { sAMAccountName: ["ada"], mail: ["ada@mini.test"] },
      deleted: false,
    });
    expect(pages[0]?.cursor).toBe(`${INVOCATION_ID}:${dc.usn}`);
    expect([forest.domain, forest.name]).toEqual(["mini.test", dc.url]);
  });

  test("then what has changed, removed users among it, then nothing", async () => {
    const forest = await open();
    const cursor = (await pagesOf(forest)).at(-1)?.cursor;
    dc.set(2, "robert", {});
    dc.remove("00000000-0000-0000-0000-000000000003");
    const pages = await pagesOf(forest, cursor);
    expect([names(pages), pages.at(-1)?.whole]).toEqual([["robert", "-03"], false]);
    expect(names(await pagesOf(forest, pages.at(-1)?.cursor))).toEqual([]);
  });

  test("where no deleted object is to be seen, those who are there are listed", async () => {
    const forest = await open();
    const cursor = (await pagesOf(forest)).at(-1)?.cursor;
    dc.entries.delete("00000000-0000-0000-0000-000000000003");
    dc.set(2, "robert", {});
    const pages = await pagesOf(forest, cursor);
    expect(names(pages)).toEqual(["robert"]);
    expect([pages.flatMap(({ present }) => present.map((guid) => guid.slice(-1))).sort(), pages.at(-1)?.whole]).toEqual([
      ["1", "2", "4", "5"],
      true,
    ]);
  });

  test.each([
    ["another controller's", "00000000-0000-4000-8000-000000000000:1"],
    ["one from the future", `${INVOCATION_ID}:9999`],
    ["nonsense", "x"],
  ])("%s cursor: all is read again", async (_title, cursor) => {
    expect(names(await pagesOf(await open(), cursor))).toHaveLength(5);
  });

  test("a connection that is lost between pages is opened again, once, and the reading begins anew", async () => {
    const forest = await open({ pageSize: 2 });
    let searches = 0;
    dc.answer = (operation, about) => (operation === "search" && about.startsWith("DC=") && (searches += 1) === 2 ? "cut" : undefined);
    const pages = await pagesOf(forest);
    expect([new Set(names(pages)).size, pages.at(-1)?.whole, dc.connections]).toEqual([5, true, 2]);
    dc.answer = (operation, about) => (operation === "search" && about.startsWith("DC=") ? "cut" : undefined);
    expect((await faultOf(pagesOf(forest))).code).toBe("forest-unreachable");
  });
});

describe("writing", () => {
  const ADA = "00000000-0000-0000-0000-000000000001";

  test("sets, takes away, and leaves the values of others alone", async () => {
    dc.set(1, "ada", { proxyAddresses: ["SMTP:ada@mini.test", "SIP:old@mini.test"], "msRTCSIP-Line": ["tel:+1"] });
    const forest = await open();
    await forest.write(ADA, {
      "msRTCSIP-DeploymentLocator": ["SRV:"],
      "msRTCSIP-Line": [],
      proxyAddresses: { beginning: "sip:", values: ["sip:ada@mini.test"] },
    });
    expect(dc.entries.get(ADA)?.attributes).toMatchObject({
      "msRTCSIP-DeploymentLocator": ["SRV:"],
      "msRTCSIP-Line": [],
      proxyAddresses: ["SMTP:ada@mini.test", "sip:ada@mini.test"],
    });
  });

  test("over a new connection, signed in, where the old one was lost before or during it", async () => {
    const forest = await open();
    let cuts = 0;
    dc.answer = (operation) => (operation === "modify" && (cuts += 1) === 1 ? "cut" : undefined);
    await forest.write(ADA, { "msRTCSIP-Line": ["tel:+2"] });
    expect([dc.entries.get(ADA)?.attributes["msRTCSIP-Line"], dc.connections]).toEqual([["tel:+2"], 2]);
    dc.answer = (operation) => (operation === "modify" ? "cut" : undefined);
    expect((await faultOf(forest.write(ADA, { "msRTCSIP-Line": [] }))).code).toBe("forest-unreachable");
    dc.answer = () => undefined;
    await Promise.all([1, 2, 3, 4].map((n) => forest.write(ADA, { "msRTCSIP-Line": [`tel:+${n}`] })));
    expect(dc.connections).toBe(4);
  });

  test("not after it was closed: no connection is opened again", async () => {
    const forest = await open();
    await forest[Symbol.asyncDispose]();
    expect((await faultOf(forest.write(ADA, { "msRTCSIP-Line": [] }))).code).toBe("forest-unreachable");
    expect(dc.connections).toBe(1);
  });

  test.each([
    [50, "directory-insufficient-rights", { server: "dc.mini.test" }],
    [32, "forest-object", { server: "dc.mini.test", object: `<GUID=${ADA}>` }],
    [3, "forest-limit", { server: "dc.mini.test", reason: "too much" }],
    [11, "forest-limit", { server: "dc.mini.test", reason: "too much" }],
    [51, "forest-unreachable", { server: "dc.mini.test", reason: "too much" }],
    [19, "forest-refused", { server: "dc.mini.test", operation: "change a user", reason: "too much" }],
  ] as const)("result code %s is %s", async (code, fault, fields) => {
    const forest = await open();
    dc.answer = (operation) => (operation === "modify" ? { code, message: "too\n much." } : undefined);
    const told = await faultOf(forest.write(ADA, { "msRTCSIP-Line": ["tel:+2"] }));
    expect([told.code, told.fields]).toEqual([fault, fields]);
  });

  test("with the vendor's schema a pool is a DN there: translated both ways, and refused where none is configured", async () => {
    dc.isVendors = true;
    expect((await faultOf(open())).code).toBe("forest-home-servers");
    const dn = "CN=Lc Services,CN=Microsoft,CN=1:1,CN=Pools";
    dc.set(1, "ada", { "msRTCSIP-PrimaryHomeServer": [dn.toUpperCase()] });
    dc.set(2, "bob", { "msRTCSIP-PrimaryHomeServer": ["CN=another"] });
    const forest = await open({ homeServers: { "pool01.mini.test": dn } });
    const [page] = await pagesOf(forest);
    expect(page?.users.slice(0, 2).map(({ attributes }) => attributes["msRTCSIP-PrimaryHomeServer"])).toEqual([
      ["pool01.mini.test"],
      ["CN=another"],
    ]);
    await forest.write(ADA, { "msRTCSIP-PrimaryHomeServer": ["Pool01.mini.test"] });
    expect(dc.entries.get(ADA)?.attributes["msRTCSIP-PrimaryHomeServer"]).toEqual([dn]);
  });

  test("a NUL in a value does not stop a reading", async () => {
    dc.set(1, "ada", { title: ["Coun\0tess"], department: [Buffer.from("ff00fe", "hex")] });
    const [page] = await pagesOf(await open());
    expect(page?.users[0]?.attributes).toMatchObject({ title: ["Countess"], department: ["\ufffd\ufffd"] });
  });

  test("who may not be written is told beforehand, by allowedAttributesEffective", async () => {
    dc.set(1, "ada", { allowedAttributesEffective: [...WRITTEN_ATTRIBUTES, "cn"] });
    dc.set(2, "bob", { allowedAttributesEffective: WRITTEN_ATTRIBUTES.slice(1) });
    const [bob, nobody] = ["00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-0000000000ff"];
    const found = await (await open()).unwritable([ADA, bob, nobody], WRITTEN_ATTRIBUTES);
    expect([...found].map(([guid, fault]) => [guid, fault.code])).toEqual([
      [bob, "directory-insufficient-rights"],
      [nobody, "forest-object"],
    ]);
  });
});

describe("opening", () => {
  test("a wrong password is told with its reason, and not shown", async () => {
    const fault = await faultOf(open({ password: "not-it" }));
    expect([fault.code, fault.fields]).toEqual([
      "forest-login",
      { server: "127.0.0.1", user: "svc@mini.test", reason: "the password is wrong, or there is no such account" },
    ]);
    expect(JSON.stringify(fault) + String((fault.cause as Error).stack)).not.toContain("not-it");
  });

  test.each([
    ["533", "the account is disabled"],
    ["775", "the account is locked"],
    ["999", "the credentials are not valid"],
  ])("data %s: %s", async (data, reason) => {
    dc.answer = (operation) => (operation === "bind" ? { code: 49, message: `LdapErr: comment, data ${data}, v1` } : undefined);
    expect((await faultOf(open())).fields).toMatchObject({ reason });
  });

  test("a controller that wants TLS, one that has none", async () => {
    dc.answer = (operation) => (operation === "bind" ? { code: 8, message: "Transport encryption required." } : undefined);
    expect((await faultOf(open())).code).toBe("forest-protection");
    const fault = await faultOf(open({ plain: false }));
    expect([fault.code, fault.message]).toEqual([
      "forest-tls",
      "No TLS with the domain controller 127.0.0.1: it refuses StartTLS: no TLS here.",
    ]);
  });

  test("what the schema lacks, a base that is not there", async () => {
    expect((await faultOf(open({ base: "OU=none" }))).fields).toEqual({ server: "dc.mini.test", base: "OU=none" });
    dc.schema = WRITTEN_ATTRIBUTES.slice(1);
    expect((await faultOf(open())).fields).toEqual({ server: "dc.mini.test", attributes: WRITTEN_ATTRIBUTES[0] });
  });

  test("nobody there; somebody who says nothing, cuts, or speaks something else", async () => {
    const { url } = dc;
    dc.answer = () => "silent";
    expect((await faultOf(open({ timeoutMs: 20 }))).code).toBe("forest-timeout");
    expect((await faultOf(open({ connectTimeoutMs: 20 }))).code).toBe("forest-timeout");
    dc.answer = () => "cut";
    expect((await faultOf(open())).code).toBe("forest-unreachable");
    await dc[Symbol.asyncDispose]();
    expect((await faultOf(open({ url }))).code).toBe("forest-unreachable");
    for (const words of ["HTTP/1.1 400 Bad Request\r\n\r\n", "\x30\x84\x00\x00\x00\x03\x02\x01\x01", "\x30\x80\x00"]) {
      const other = createServer((socket) => socket.on("error", () => {}).end(words, "latin1"));
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const fault = await faultOf(open({ url: `ldap://127.0.0.1:${(other.address() as AddressInfo).port}`, connectTimeoutMs: 2000 }));
      expect(["forest-unreachable", "forest-timeout", "forest-malformed"], words).toContain(fault.code);
      other.close();
    }
    dc = await MiniController.start();
  });
});
