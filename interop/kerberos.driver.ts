/**
 * Kerberos at both ends against MIT's library: Debian's python3-gssapi as initiator and acceptor, in a realm of our own
 * (krb5-kdc), raw and inside Negotiate; sealing and signing across; channel bindings; what goes wrong.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isFault } from "@tieline/fault";
import {
  HttpAcceptor,
  HttpInitiator,
  KERBEROS_OID,
  KerberosInitiator,
  kerberosAcceptor,
  kerberosInitiator,
  MS_KERBEROS_OID,
  NegotiateAcceptor,
  NegotiateInitiator,
  SYSTEM_SOURCES,
  type Acceptor,
  type ChannelBindingPolicy,
  type Initiator,
  type SecurityContext,
} from "@tieline/auth";
import { cases, type Driver } from "./driver.ts";
import { GssPeer, toBytes, toText } from "./gss-peer.ts";
import { DEBIAN_PYTHON, missingModules } from "./python-modules.ts";
import { missingKdc, Realm } from "./realm.ts";

const TARGET = "HTTP/localhost";
const HERE = new TextEncoder().encode("tls-server-end-point:here");
const ELSEWHERE = new TextEncoder().encode("tls-server-end-point:elsewhere");

async function codeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

/** Our initiator against Python's acceptor, and the other way round. */
async function toPython(initiator: Initiator, peer: GssPeer): Promise<string | undefined> {
  let token = await initiator.step();
  let name: string | undefined;
  while (token !== undefined) {
    const answer = await peer.must("step", { token: toText(token) });
    name = answer.peer ?? name;
    token = answer.token === null || answer.token === undefined || initiator.done ? undefined : await initiator.step(toBytes(answer.token));
  }
  assert.ok(initiator.done);
  return name;
}

async function fromPython(peer: GssPeer, acceptor: Acceptor): Promise<string | undefined> {
  let sent = await peer.must("step");
  for (let round = 0; round < 6; round++) {
    const { token, done, identity } = await acceptor.step(toBytes(sent.token));
    if (token !== undefined) sent = await peer.must("step", { token: toText(token) });
    if (done) return identity?.name;
  }
  throw new Error("no end");
}

async function ours(initiator: Initiator, acceptor: Acceptor): Promise<string | undefined> {
  let token = await initiator.step();
  for (let round = 0; token !== undefined && round < 6; round++) {
    const answer = await acceptor.step(token);
    token = answer.token === undefined ? undefined : await initiator.step(answer.token);
    if (answer.done) return answer.identity?.name;
  }
  throw new Error("no end");
}

const TEXTS = ["", "x", "fifteen bytes !", "sixteen bytes !!", "ü".repeat(40_000)];

/** Seals, opens, signs and verifies in both directions. */
async function protect(context: SecurityContext | undefined, peer: GssPeer): Promise<void> {
  assert.ok(context !== undefined);
  for (const text of TEXTS) {
    const plain = new TextEncoder().encode(text);
    const { header, body, padding } = context.wrap(plain);
    assert.equal(body.length, plain.length + padding);
    const opened = await peer.must("unwrap", { token: toText(new Uint8Array([...header, ...body])) });
    assert.deepEqual(toBytes(opened.data), plain);
    if (text !== "") {
      const again = context.wrap(plain);
      const byIov = await peer.must("unwrap_iov", { header: toText(again.header), body: toText(again.body) });
      assert.deepEqual(toBytes(byIov.data).subarray(0, plain.length), plain);
      const back = await peer.must("wrap_iov", { data: toText(plain) });
      assert.deepEqual(context.unwrap(toBytes(back.header), new Uint8Array([...toBytes(back.body), ...toBytes(back.padding)])), plain);
    }
    const whole = toBytes((await peer.must("wrap", { data: toText(plain) })).token);
    assert.deepEqual(context.unwrap(whole.subarray(0, 16), whole.subarray(16)), plain);
    await peer.must("verify", { data: toText(plain), token: toText(context.sign(plain)) });
    context.verify(plain, toBytes((await peer.must("sign", { data: toText(plain) })).token));
  }
}

function protectOurs(a: SecurityContext | undefined, b: SecurityContext | undefined): void {
  assert.ok(a !== undefined && b !== undefined);
  for (const text of TEXTS) {
    const plain = new TextEncoder().encode(text);
    const directions: [SecurityContext, SecurityContext][] = [
      [a, b],
      [b, a],
    ];
    for (const [from, to] of directions) {
      const { header, body } = from.wrap(plain);
      assert.deepEqual(to.unwrap(header, body), plain);
      to.verify(plain, from.sign(plain));
    }
  }
}

const negotiate = (initiator: Initiator): Initiator =>
  new NegotiateInitiator([{ oids: [MS_KERBEROS_OID, KERBEROS_OID], begin: () => initiator }]);
const negotiated = (acceptor: Acceptor): Acceptor =>
  new NegotiateAcceptor([{ mechanism: "kerberos", oids: [KERBEROS_OID, MS_KERBEROS_OID], begin: () => acceptor }]);

function casesIn(realm: Realm): (readonly [string, () => Promise<void>])[] {
  const environment = { ...process.env, ...realm.environment };
  const service = kerberosAcceptor({ keytab: `FILE:${realm.keytab}` });
  const accept = (channelBinding?: Uint8Array, channelBindingPolicy: ChannelBindingPolicy = "when-present"): Acceptor =>
    service({ channelBinding, channelBindingPolicy });
  const initiate = (more: Partial<ConstructorParameters<typeof KerberosInitiator>[0]> = {}): Initiator =>
    new KerberosInitiator({ targetName: TARGET, ccache: realm.ccache, ...more });
  const withPassword = { user: "alice", password: "Sesame!", ccache: undefined };
  const alice = `alice@${realm.name}`;
  const python = { usage: "initiate", target: "HTTP@localhost" };

  return [
    [
      "our initiator, Python's acceptor",
      async () => {
        using peer = new GssPeer(environment);
        await peer.must("begin", { usage: "accept", mechanism: "kerberos" });
        const initiator = initiate();
        assert.equal(await toPython(initiator, peer), alice);
        await protect(initiator.context(), peer);
      },
    ],
    [
      "our initiator with user and password",
      async () => {
        using peer = new GssPeer(environment);
        await peer.must("begin", { usage: "accept", mechanism: "kerberos" });
        assert.equal(await toPython(initiate(withPassword), peer), alice);
      },
    ],
    [
      "our initiator inside Negotiate, Python's SPNEGO acceptor",
      async () => {
        using peer = new GssPeer(environment);
        await peer.must("begin", { usage: "accept", mechanism: "spnego" });
        const initiator = negotiate(initiate());
        assert.equal(await toPython(initiator, peer), alice);
        await protect(initiator.context(), peer);
      },
    ],
    [
      "Python's initiator, our acceptor",
      async () => {
        using peer = new GssPeer(environment);
        await peer.must("begin", { ...python, mechanism: "kerberos" });
        const acceptor = accept();
        assert.equal(await fromPython(peer, acceptor), alice);
        await protect(acceptor.context(), peer);
      },
    ],
    [
      "Python's SPNEGO initiator, our Negotiate acceptor",
      async () => {
        using peer = new GssPeer(environment);
        await peer.must("begin", { ...python, mechanism: "spnego" });
        const acceptor = negotiated(accept());
        assert.equal(await fromPython(peer, acceptor), alice);
        await protect(acceptor.context(), peer);
      },
    ],
    [
      "ours against ours, raw and inside Negotiate",
      async () => {
        for (const wrap of [false, true]) {
          const initiator = wrap ? negotiate(initiate()) : initiate();
          const acceptor = wrap ? negotiated(accept()) : accept();
          assert.equal(await ours(initiator, acceptor), alice);
          protectOurs(initiator.context(), acceptor.context());
          initiator.context()?.close?.();
          acceptor.context()?.close?.();
        }
      },
    ],
    [
      "over HTTP headers, with Negotiate and with Kerberos",
      async () => {
        for (const scheme of ["Negotiate", "Kerberos"] as const) {
          const client = new HttpInitiator({
            credential: { kind: "password", user: "alice@contoso.test", password: "Sesame!" },
            sources: SYSTEM_SOURCES,
            secure: false,
            targetName: TARGET,
            scheme,
            kerberos: kerberosInitiator,
          });
          const server = new HttpAcceptor({ sources: SYSTEM_SOURCES, kerberos: service }, { secure: false, source: "127.0.0.1" });
          const verdict = await server.receive(await client.start());
          assert.equal(verdict.kind, "accepted", JSON.stringify(verdict));
          await client.complete(verdict.headers);
          assert.ok(verdict.kind === "accepted" && verdict.identity.name === alice && !verdict.identity.legacy);
          protectOurs(client.context(), server.context());
          server.close();
        }
      },
    ],
    [
      "channel bindings: the same, another, none, required",
      async () => {
        const rows: [Uint8Array | undefined, Uint8Array | undefined, ChannelBindingPolicy, string][] = [
          [HERE, HERE, "required", "none"],
          [HERE, ELSEWHERE, "when-present", "channel-binding-mismatch"],
          [HERE, undefined, "when-present", "none"],
          [HERE, undefined, "required", "channel-binding-mismatch"],
          [HERE, ELSEWHERE, "off", "none"],
          [undefined, ELSEWHERE, "required", "none"],
        ];
        for (const [theirs, mine, policy, code] of rows) {
          assert.equal(await codeOf(() => ours(initiate({ channelBinding: mine }), accept(theirs, policy))), code, `${policy} ${code}`);
        }
        using peer = new GssPeer(environment);
        await peer.must("begin", { ...python, mechanism: "kerberos", binding: toText(HERE) });
        assert.equal(await fromPython(peer, accept(HERE, "required")), alice);
      },
    ],
    [
      "what goes wrong: password, account, service, tickets, tokens, changed and repeated messages",
      async () => {
        assert.equal(await codeOf(async () => initiate({ ...withPassword, password: "wrong" }).step()), "logon-failed");
        assert.equal(await codeOf(async () => initiate({ ...withPassword, user: "nobody" }).step()), "kerberos-failed");
        assert.equal(await codeOf(async () => initiate({ targetName: "HTTP/elsewhere" }).step()), "kerberos-failed");
        assert.equal(await codeOf(async () => initiate({ ccache: "FILE:/nowhere" }).step()), "kerberos-failed");
        assert.match(await codeOf(async () => accept().step(new Uint8Array(50))), /^(token-malformed|kerberos-failed)$/);
        assert.equal(
          await codeOf(async () => kerberosAcceptor({ keytab: "FILE:/nowhere" })({}).step(new Uint8Array(50))),
          "kerberos-failed",
        );

        const token = (await initiate().step()) as Uint8Array;
        await accept().step(token);
        assert.equal(await codeOf(async () => accept().step(token)), "kerberos-failed");
        for (let i = 0; i < 200; i++) {
          const spoiled = token.slice();
          spoiled[(i * 37) % token.length] = (spoiled[(i * 37) % token.length] as number) ^ (1 << (i % 8));
          // A few kinds of damage make the library wait for more; none lets anybody in.
          let letIn = false;
          const code = await codeOf(async () => (letIn = (await accept().step(spoiled)).done));
          assert.ok(!letIn, `byte ${(i * 37) % token.length} of ${token.length}`);
          assert.match(code, /^(none|[a-z]+(-[a-z]+)+)$/);
        }

        const [initiator, acceptor] = [initiate(), accept()];
        await ours(initiator, acceptor);
        const sealed = (initiator.context() as SecurityContext).wrap(new Uint8Array(100));
        (sealed.body[3] as number) ^= 1;
        assert.equal(await codeOf(async () => acceptor.context()?.unwrap(sealed.header, sealed.body)), "message-integrity");
        assert.equal(await codeOf(async () => acceptor.context()?.wrap(new Uint8Array(1))), "context-missing");
      },
    ],
    [
      "clocks that differ too much",
      async () => {
        const token = (await initiate().step()) as Uint8Array;
        const config = join(realm.folder, "strict.conf");
        const lenient = process.env["KRB5_CONFIG"] ?? "";
        writeFileSync(config, readFileSync(lenient, "utf8").replace("[libdefaults]", "[libdefaults]\n  clockskew = 1"));
        await new Promise((resolve) => setTimeout(resolve, 2500));
        process.env["KRB5_CONFIG"] = config;
        try {
          assert.equal(await codeOf(async () => accept().step(token)), "clock-skew");
          // The client is told, too: over HTTP, the refusal bears the library's last words.
          process.env["KRB5_CONFIG"] = lenient;
          const client = new HttpInitiator({
            credential: { kind: "ticket" },
            sources: SYSTEM_SOURCES,
            secure: false,
            targetName: TARGET,
            scheme: "Negotiate",
            kerberos: (options) => kerberosInitiator({ ...options, ccache: realm.ccache }),
          });
          const server = new HttpAcceptor({ sources: SYSTEM_SOURCES, kerberos: service }, { secure: false, source: "127.0.0.1" });
          const first = await client.start();
          await new Promise((resolve) => setTimeout(resolve, 2500));
          process.env["KRB5_CONFIG"] = config;
          const verdict = await server.receive(first);
          assert.ok(verdict.kind === "refused" && verdict.fault.code === "clock-skew", JSON.stringify(verdict));
          assert.equal(await codeOf(() => client.respond(verdict.headers)), "clock-skew");
        } finally {
          process.env["KRB5_CONFIG"] = lenient;
        }
      },
    ],
    [
      "an account that the deployment does not know",
      async () => {
        const strict = kerberosAcceptor({ keytab: `FILE:${realm.keytab}`, account: () => undefined });
        assert.equal(await codeOf(() => ours(initiate(), strict({}))), "logon-failed");
      },
    ],
    [
      "300 logons leave no memory behind",
      async () => {
        for (let i = 0; i < 50; i++) await ours(initiate(), accept());
        const before = process.memoryUsage().rss;
        for (let i = 0; i < 250; i++) {
          const [initiator, acceptor] = [initiate(), accept()];
          await ours(initiator, acceptor);
          initiator.context()?.close?.();
          acceptor.context()?.close?.();
        }
        const grown = process.memoryUsage().rss - before;
        assert.ok(grown < 20_000_000, `${grown} bytes more`);
      },
    ],
  ];
}

export const driver: Driver = {
  name: "Kerberos (MIT's library through python3-gssapi, krb5-kdc)",
  needs: () => missingKdc() ?? missingModules(DEBIAN_PYTHON, "gssapi"),
  run: async () => {
    let [passed, failed] = [0, 0];
    for (const encryption of ["aes256-cts-hmac-sha1-96", "aes256-cts-hmac-sha384-192"]) {
      console.log(` ${encryption}`);
      using realm = await Realm.create(encryption);
      const before = { ...process.env };
      Object.assign(process.env, realm.environment);
      try {
        const outcome = await cases(casesIn(realm));
        passed += outcome.passed;
        failed += outcome.failed;
      } finally {
        for (const key of Object.keys(realm.environment)) {
          if (before[key] === undefined) delete process.env[key];
          else process.env[key] = before[key];
        }
      }
    }
    return { passed, failed };
  },
};
