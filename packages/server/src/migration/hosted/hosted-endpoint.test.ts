/** The hosted migration service before strangers: whatever is sent, a refusal as JSON comes back and nothing is stored. */
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AccountId } from "../../directory/index.ts";
import { PUBLIC_CLIENT_ID } from "../../identity/index.ts";
import { CONTOSO, FABRIKAM, openAuthority, PASSWORD, type Authority } from "../../identity/authority.fixture.ts";
import { policyCounterparts, UserDataStore } from "../user-data/index.ts";
import { FULL } from "../user-data/user-data.fixture.ts";
import { MOST_BYTES, MOST_CHECKED, SERVICE_PATH } from "./contract.ts";
import { HostedEndpoint } from "./hosted-endpoint.ts";

const RESOURCE = `https://admin0a.online.lync.com${SERVICE_PATH}`;
const KEN = "sip:kenmyer@contoso.com";

let authority: Authority;
let server: Server;
let base: string;
let admin: string;
let foreign: string;
const logged: string[] = [];

beforeAll(async () => {
  authority = await openAuthority();
  const endpoint = new HostedEndpoint({
    directory: authority.directory,
    identity: authority.service,
    counterparts: () => Promise.resolve(policyCounterparts({ ClientPolicy: ["ClientPolicyNoIMURL"] })),
    nowMs: () => Date.now() + authority.clock.aheadMs,
    log: { info: () => undefined, warn: (facts, text) => void logged.push(`${text} ${JSON.stringify(facts)}`) },
  });
  server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    if (endpoint.serves(request)) endpoint.handle(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  [admin, foreign] = await Promise.all([tokenOf("admin@contoso.com"), tokenOf("admin@fabrikam.com")]);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await authority[Symbol.asyncDispose]();
});

async function tokenOf(user: string, resource = RESOURCE): Promise<string> {
  const form = { grant_type: "password", client_id: PUBLIC_CLIENT_ID, resource, username: user, password: PASSWORD };
  const { json, text } = await authority.post("/common/oauth2/token", form);
  expect(typeof json["access_token"], text).toBe("string");
  return String(json["access_token"]);
}

interface Answer {
  status: number;
  code: string | undefined;
  text: string;
  challenge: string | null;
  json: Record<string, unknown>;
}

async function ask(operation: string, body: unknown, authorization: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${base}${SERVICE_PATH}${operation === "" ? "" : `/${operation}`}`, {
    method: "POST",
    body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    ...init,
    headers: { "content-type": "application/json", authorization },
  });
  const text = await response.text();
  const json = (text === "" ? {} : JSON.parse(text)) as { fault?: { code: string } } & Record<string, unknown>;
  return { status: response.status, code: json.fault?.code, text, challenge: response.headers.get("www-authenticate"), json };
}

const bearer = (token: string): string => `Bearer ${token}`;

function there(sipAddress = KEN): Record<string, unknown> {
  const userPrincipalName = sipAddress.slice(4);
  return { sipAddress, userPrincipalName, displayName: "Ken", hasEnterpriseVoice: false, hasDialInConferencing: false, lineUri: null };
}

let serial = 0;
const newId = (): string => `0a1b2c3d-0000-4000-8000-${String((serial += 1)).padStart(12, "0")}`;
const importOf = (moveId: string, more: object = {}): object => ({
  moveId,
  user: there(),
  source: "pool01.contoso.local",
  proxy: "sipfed.online.lync.com",
  options: {},
  by: "",
  data: FULL,
  ...more,
});

async function ticketOf(token: string): Promise<string> {
  const { json } = await ask("ticket", { deployment: "contoso.local" }, bearer(token));
  return `Ticket ${String(json["ticket"])}`;
}

/** Everything that a move may change, of both tenants. */
async function everything(): Promise<unknown> {
  const { db } = authority.store;
  const all = [];
  for (const table of ["moves", "user_contacts", "user_contact_groups", "user_meetings", "user_delegates"] as const)
    all.push(await db.selectFrom(table).selectAll().execute());
  const users = await db.selectFrom("users").selectAll().orderBy("object_id").execute();
  return [...all, users.map(({ changed_ms: _held, ...user }) => user)];
}

const REFUSED = [400, 401, 403, 404, 405, 409, 413, 429];

function isRefusal(answer: Answer): void {
  expect(REFUSED, answer.text.slice(0, 300)).toContain(answer.status);
  expect(answer.text).not.toMatch(/\n\s+at |node:internal|\.ts:\d|SQLITE|select |sqlite/);
  expect(answer.text.length).toBeLessThan(4000);
  if (answer.status === 401) expect(answer.challenge).toMatch(/^Bearer client_id=/);
  else expect(answer.code).toMatch(/^[a-z0-9-]+$/);
}

describe("whoever has no token", () => {
  test.each(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])(
    "is told by %s where there are some, and by which client",
    async (method) => {
      for (const path of ["", "/", "/check", "/no-such", "/../..", "/%00", "/commit?x=1"]) {
        const response = await fetch(`${base}${SERVICE_PATH}${path}`, { method });
        if (response.status === 404) continue;
        expect(response.status).toBe(401);
        expect(response.headers.get("www-authenticate")).toMatch(
          /authorization_uri="https:\/\/login\.online\.lync\.com\/common\/oauth2\/authorize"/,
        );
        expect(await response.text()).toBe("");
      }
    },
  );

  test.each(["Basic YWRtaW46cGFzcw==", "Negotiate TlRMTVNTUAAB", "Bearer", "Bearer ", "Ticket", "bearer\tx", "Digest x"])(
    "%s is none",
    async (authorization) => {
      const answer = await ask("check", {}, authorization);
      expect([answer.status, answer.text]).toEqual([401, ""]);
    },
  );

  test("a token does not settle, and a ticket does nothing else", async () => {
    const ticket = await ticketOf(admin);
    for (const operation of ["commit", "abort"]) expect((await ask(operation, { moveId: newId() }, bearer(admin))).status).toBe(401);
    for (const operation of ["ticket", "check", "import", "freeze", "", "no-such"])
      expect((await ask(operation, {}, ticket)).status).toBe(401);
  });
});

describe("tokens", () => {
  test("for another part of the service, or another service, open nothing", async () => {
    for (const path of ["/OcsPowershellOAuth", "/OcsPowershell"]) {
      const other = await tokenOf("admin@contoso.com", `https://admin0a.online.lync.com${path}`);
      const answer = await ask("ticket", { deployment: "x" }, bearer(other));
      expect([answer.status, answer.code]).toEqual([401, "token-audience-invalid"]);
    }
  });

  test.each([
    ["garbage", "garbage"],
    ["three parts of nothing", "a.b.c"],
    ["one without a signature", "eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0."],
    ["a statement", "';drop/**/table/**/users;--"],
    ["a very long one", "x".repeat(20_000)],
  ])("%s is refused, and challenged again", async (_what, token) => {
    const answer = await ask("check", {}, bearer(token));
    isRefusal(answer);
    expect([answer.status, answer.code]).toEqual([401, "access-token-refused"]);
    expect(answer.challenge).toContain('error="invalid_token"');
  });

  test("end when they have expired, and begin when they do", async () => {
    const token = await tokenOf("admin@contoso.com");
    expect((await ask("ticket", { deployment: "x" }, bearer(token))).status).toBe(200);
    for (const aheadMs of [3 * 60 * 60_000, -3 * 60 * 60_000]) {
      authority.clock.aheadMs = aheadMs;
      const { status, code } = await ask("ticket", { deployment: "x" }, bearer(token));
      expect([status, code]).toEqual([401, "access-token-refused"]);
    }
    authority.clock.aheadMs = 0;
  });

  test("of somebody without the roles get nowhere", async () => {
    const answer = await ask(
      "check",
      { direction: "to-online", users: [there()], options: {} },
      bearer(await tokenOf("helpdesk@contoso.com")),
    );
    isRefusal(answer);
    expect([answer.status, answer.code]).toEqual([403, "hosted-migration-caller"]);
  });

  test("of a tenant that takes none are refused", async () => {
    await authority.service.settings(FABRIKAM).set({ modernOverride: "Disallowed" }, Date.now());
    authority.clock.aheadMs += 2_000;
    const answer = await ask("ticket", { deployment: "x" }, bearer(foreign));
    await authority.service.settings(FABRIKAM).set({ modernOverride: "Allowed" }, Date.now());
    expect(answer.code).toBe("modern-sign-in-off");
  });
});

describe("an account in the middle of a run", () => {
  const request = { deployment: "x" };
  const enabledAgain = async (id: AccountId): Promise<void> => {
    const { accounts } = authority.directory.tenant(CONTOSO);
    await accounts.setEnabled(id, true, Date.now());
    await accounts.setTokensValidFrom(id, 0);
    authority.clock.aheadMs += 2_000;
  };

  test("ends with its sessions, at once", async () => {
    const { accountId } = await authority.account("admin@contoso.com");
    expect((await ask("ticket", request, bearer(admin))).status).toBe(200);
    await authority.directory.tenant(CONTOSO).accounts.setEnabled(accountId, false, Date.now());
    await authority.service.revoke(CONTOSO, accountId);
    expect((await ask("ticket", request, bearer(admin))).code).toBe("access-token-refused");
    await enabledAgain(accountId);
    expect((await ask("ticket", request, bearer(admin))).status).toBe(200);
  });

  test.each([
    [
      "is disabled",
      "access-token-refused",
      (id: AccountId) => authority.directory.tenant(CONTOSO).accounts.setEnabled(id, false, Date.now()),
    ],
    [
      "loses its role",
      "hosted-migration-caller",
      (id: AccountId) => authority.directory.tenant(CONTOSO).accounts.setRoles(id, ["Teams Administrator"], Date.now()),
    ],
  ])("that another process says %s goes on for a second at the longest", async (_what, code, change) => {
    const account = await authority.account("admin@contoso.com");
    expect((await ask("ticket", request, bearer(admin))).status).toBe(200);
    await change(account.accountId);
    authority.clock.aheadMs += 1_000;
    const answer = await ask("ticket", request, bearer(admin));
    await authority.directory.tenant(CONTOSO).accounts.setRoles(account.accountId, account.roles, Date.now());
    await enabledAgain(account.accountId);
    expect(answer.code).toBe(code);
  });
});

describe("tickets", () => {
  test.each([
    ["garbage", "garbage"],
    ["an empty seal", "v1$"],
    ["a short one", "v1$AAAA"],
    ["one of zeros", `v1$${"A".repeat(300)}`],
    ["a very long one", "x".repeat(20_000)],
    ["JSON", "{}"],
  ])("%s is none", async (_what, ticket) => {
    const answer = await ask("commit", { moveId: newId() }, `Ticket ${ticket}`);
    isRefusal(answer);
    expect([answer.status, answer.code]).toEqual([401, "hosted-ticket-refused"]);
  });

  test("that were changed, sealed for something else, or by somebody else are none", async () => {
    const ticket = (await ticketOf(admin)).slice("Ticket ".length);
    const said = JSON.stringify({ tenantId: CONTOSO, name: "x", deployment: "x", expiresMs: Date.now() * 2 });
    const middle = Math.floor(ticket.length / 2);
    const forged = [
      ticket.slice(0, middle) + (ticket[middle] === "A" ? "B" : "A") + ticket.slice(middle + 1),
      ticket.slice(0, -8),
      authority.service.vault.seal("something else", said),
      Buffer.from(said).toString("base64url"),
    ];
    for (const each of forged)
      expect((await ask("abort", { moveId: newId(), sipAddress: KEN }, `Ticket ${each}`)).code).toBe("hosted-ticket-refused");
  });

  test("last a year, longer than the token and the session of whoever had them made", async () => {
    const ticket = await ticketOf(admin);
    const [well, late] = [364, 366].map((days) => days * 24 * 60 * 60_000) as [number, number];
    authority.clock.aheadMs += well;
    expect((await ask("abort", { moveId: newId(), sipAddress: KEN }, ticket)).status).toBe(200);
    authority.clock.aheadMs += late - well;
    expect((await ask("abort", { moveId: newId(), sipAddress: KEN }, ticket)).code).toBe("hosted-ticket-refused");
    authority.clock.aheadMs = 0;
  });
});

describe("another tenant", () => {
  test("neither sees, nor takes, nor freezes a user, and learns nothing of who there is", async () => {
    const before = await everything();
    const check = async (sip: string): Promise<string> =>
      (await ask("check", { direction: "to-online", users: [there(sip)], options: {} }, bearer(foreign))).text;
    const [known, unknown] = [await check(KEN), await check("sip:nobody@contoso.com")];
    expect(known).toBe(unknown);
    expect(known).toContain("move-not-provisioned");
    for (const sip of [KEN, "sip:alice@contoso.com", "sip:nobody@contoso.com"]) {
      const taken = await ask("import", importOf(newId(), { user: there(sip) }), bearer(foreign));
      const frozen = await ask("freeze", { moveId: newId(), user: there(sip), target: "pool", options: {}, by: "" }, bearer(foreign));
      expect([taken.status, taken.code, frozen.status, frozen.code]).toEqual([409, "move-not-provisioned", 409, "move-not-provisioned"]);
    }
    expect(await everything()).toEqual(before);
  });

  test("settles nobody's move: by its ticket the move is not known", async () => {
    const moveId = newId();
    expect((await ask("import", importOf(moveId), bearer(admin))).status).toBe(200);
    const before = await everything();
    const ticket = await ticketOf(foreign);
    const commit = await ask("commit", { moveId }, ticket);
    expect([commit.status, commit.code, commit.json]).toMatchObject([
      409,
      "move-contradiction",
      { fault: { fields: { state: "unknown" } } },
    ]);
    expect(await everything()).toEqual(before);
    // Undone in its own journal, where nothing of that name has ever been.
    expect((await ask("abort", { moveId, sipAddress: KEN }, ticket)).json).toEqual({ state: "undone" });
    const rows = await authority.store.db.selectFrom("moves").selectAll().where("move_id", "=", moveId).execute();
    expect(new Map(rows.map(({ tenant_id, state, active }) => [tenant_id, [state, active]]))).toEqual(
      new Map([
        [CONTOSO, ["imported", 1]],
        [FABRIKAM, ["undone", 0]],
      ]),
    );
    expect((await ask("abort", { moveId, sipAddress: KEN }, await ticketOf(admin))).json).toEqual({ state: "undone" });
    const ken = await authority.directory.tenant(CONTOSO).users.find((eb) => eb("sip_key", "=", KEN), 1);
    const id = ken[0]?.objectId;
    if (id === undefined) throw new Error("no user");
    expect((await new UserDataStore(authority.store.db, CONTOSO).read(id)).contacts).toEqual([]);
  });
});

describe("whatever is sent", () => {
  const deep = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const deepObject = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  const BODIES: readonly [what: string, body: string | Uint8Array][] = [
    ["nothing", ""],
    ["a blank", " "],
    ["no JSON", "{"],
    ["cut off", JSON.stringify(importOf("x")).slice(0, 200)],
    ["another type", "[1,2,3]"],
    ["null", "null"],
    ["a number", "1e999"],
    ["octets", new Uint8Array(256).map((_, i) => i)],
    ["UTF-16", Buffer.from(JSON.stringify({ moveId: newId() }), "utf16le")],
    ["deep lists", deep(200_000)],
    ["deep objects", deepObject(100_000)],
    [
      "deep data",
      `{"moveId":"${newId()}","user":${JSON.stringify(there())},"source":"a","proxy":"b","options":{},"by":"","data":${deep(100_000)}}`,
    ],
    [
      "deep policies",
      `{"direction":"to-online","users":[${JSON.stringify({ ...there(), policies: 0 }).replace('"policies":0', `"policies":${deepObject(50_000)}`)}],"options":{}}`,
    ],
    ["a prototype", `{"__proto__":{"moveId":"${newId()}"},"constructor":{}}`],
    ["a long name", JSON.stringify({ ["x".repeat(1_000_000)]: 1 })],
    ["many names", JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`n${i}`, i])))],
    [
      "too many users",
      JSON.stringify({ direction: "to-online", users: Array.from({ length: MOST_CHECKED + 1 }, () => there()), options: {} }),
    ],
    ["characters that no database keeps", JSON.stringify(importOf(newId(), { source: "a\u0000b" }))],
    ["an address that no database keeps", JSON.stringify(importOf(newId(), { user: there("sip:a\u0000@contoso.com") }))],
    ["too much", " ".repeat(MOST_BYTES + 1)],
    ["much too much", new Uint8Array(3 * MOST_BYTES)],
    ["broken data", JSON.stringify(importOf(newId(), { data: { ...FULL, contacts: [{ uri: "nobody" }] } }))],
    [
      "too many contacts",
      JSON.stringify(
        importOf(newId(), {
          data: { contacts: Array.from({ length: 1001 }, (_, i) => ({ uri: `sip:c${i}@contoso.com`, displayName: "", groups: [] })) },
        }),
      ),
    ],
  ];

  test.each(BODIES)("%s: every operation refuses, and nothing is stored", async (_what, body) => {
    const ticket = await ticketOf(admin);
    const before = await everything();
    for (const operation of ["ticket", "check", "import", "freeze", "commit", "abort", "no-such", "toString", "__proto__", "constructor"]) {
      const answer = await ask(operation, body, operation === "commit" || operation === "abort" ? ticket : bearer(admin));
      isRefusal(answer);
    }
    expect(await everything()).toEqual(before);
  });

  test.each(["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s is no way to ask for anything", async (method) => {
    const init = method === "GET" ? { method, body: null } : { method };
    const answer = await ask("check", { direction: "to-online", users: [], options: {} }, bearer(admin), init);
    isRefusal(answer);
    expect(answer.code).toBe("hosted-request-invalid");
  });

  test("a long body of a stranger is not waited for, and the next request is answered all the same", async () => {
    const answer = await ask("check", new Uint8Array(2 * MOST_BYTES), bearer("garbage"));
    expect(answer.status).toBe(401);
    expect((await ask("ticket", { deployment: "x" }, bearer(admin))).status).toBe(200);
  });

  test("a request that breaks off in the middle leaves nothing behind, nor does it stop the others", async () => {
    const before = await everything();
    const { port } = server.address() as AddressInfo;
    const body = JSON.stringify(importOf(newId()));
    const head = `POST ${SERVICE_PATH}/import HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${admin}\r\nContent-Length: ${body.length}\r\n\r\n`;
    for (const part of [head.slice(0, 40), head, head + body.slice(0, 100), head + body.slice(0, -1)]) {
      const socket = connect(port, "127.0.0.1");
      await new Promise((resolve) => socket.end(part, () => resolve(undefined)));
      await new Promise((resolve) => socket.once("close", resolve).resume());
    }
    expect((await ask("ticket", { deployment: "x" }, bearer(admin))).status).toBe(200);
    expect(await everything()).toEqual(before);
  });

  test("random changes of good requests are answered or refused, never failed at", async () => {
    let seed = 20_200_805;
    const random = (below: number): number => ((seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 8) % below;
    const good = [
      ["check", JSON.stringify({ direction: "to-online", users: [there()], options: { force: true } })],
      ["freeze", JSON.stringify({ moveId: newId(), user: there(), target: "pool01", options: {}, by: "" })],
      ["ticket", JSON.stringify({ deployment: "contoso.local" })],
    ] as const;
    for (let round = 0; round < 300; round += 1) {
      const [operation, text] = good[random(good.length)] as (typeof good)[number];
      const bytes = Buffer.from(text);
      for (let n = random(4); n >= 0; n -= 1) bytes[random(bytes.length)] = random(256);
      const answer = await ask(operation, bytes.subarray(0, bytes.length - (random(3) === 0 ? random(20) : 0)), bearer(admin));
      if (answer.status !== 200) isRefusal(answer);
    }
  });

  test("and nothing of all that was a failure of the service", () => {
    expect(logged).toEqual([]);
  });
});
