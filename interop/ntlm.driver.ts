/**
 * NTLM at both ends against strangers: Debian's gss-ntlmssp through python3-gssapi (raw and inside MIT's SPNEGO), and
 * python3-ntlm-auth as a client.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isFault } from "@tieline/fault";
import {
  NegotiateAcceptor,
  NegotiateInitiator,
  NTLM_OID,
  NtlmAcceptor,
  NtlmInitiator,
  ntHash,
  SYSTEM_SOURCES,
  type Acceptor,
  type Initiator,
  type NtlmAcceptorOptions,
  type NtlmInitiatorOptions,
  type SecurityContext,
} from "@tieline/auth";
import { cases, type Driver } from "./driver.ts";
import { GssPeer, toBytes, toText } from "./gss-peer.ts";
import { DEBIAN_PYTHON, missingModules } from "./python-modules.ts";

const TEXTS = ["x", "fifteen bytes !", "ü".repeat(40_000)];
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

const initiator = (more: Partial<NtlmInitiatorOptions> = {}): Initiator =>
  new NtlmInitiator({
    user: "alice",
    domain: "CONTOSO",
    password: "Sésame!",
    targetName: "HTTP/localhost",
    sources: SYSTEM_SOURCES,
    ...more,
  });
const acceptor = (more: Partial<NtlmAcceptorOptions> = {}): Acceptor =>
  new NtlmAcceptor({
    sources: SYSTEM_SOURCES,
    names: { netbiosDomain: "CONTOSO", netbiosComputer: "POOL01", dnsDomain: "contoso.test", dnsComputer: "pool01.contoso.test" },
    lookup: (user) => (user.toLowerCase() === "alice" ? { ntHash: ntHash("Sésame!"), name: "alice" } : undefined),
    ...more,
  });
const negotiate = (inner: Initiator): Initiator => new NegotiateInitiator([{ oids: [NTLM_OID], begin: () => inner }]);
const negotiated = (inner: Acceptor): Acceptor => new NegotiateAcceptor([{ mechanism: "ntlm", oids: [NTLM_OID], begin: () => inner }]);

/** gss-ntlmssp and Samba send a MIC only where SPNEGO is around them. */
const NO_MIC = { requireMic: false } as const;

async function toPython(client: Initiator, peer: GssPeer): Promise<string | undefined> {
  let token = await client.step();
  for (let round = 0; token !== undefined && round < 6; round++) {
    const answer = await peer.must("step", { token: toText(token) });
    const back = answer.token ?? undefined;
    token = back === undefined || client.done ? undefined : await client.step(toBytes(back));
    if (answer.done === true && token === undefined) return answer.peer;
  }
  throw new Error("no end");
}

async function fromPython(peer: GssPeer, server: Acceptor): Promise<string | undefined> {
  let sent = await peer.must("step");
  for (let round = 0; round < 6; round++) {
    const { token, done, identity } = await server.step(toBytes(sent.token));
    if (token !== undefined) sent = await peer.must("step", { token: toText(token) });
    if (done) return identity?.name;
  }
  throw new Error("no end");
}

/** gss-ntlmssp's wrapped token is signature and ciphertext, one after the other. */
async function protect(context: SecurityContext | undefined, peer: GssPeer): Promise<void> {
  assert.ok(context !== undefined);
  for (const text of TEXTS) {
    const plain = new TextEncoder().encode(text);
    const { header, body } = context.wrap(plain);
    const opened = await peer.must("unwrap", { token: toText(new Uint8Array([...header, ...body])) });
    assert.deepEqual(toBytes(opened.data), plain);
    const back = toBytes((await peer.must("wrap", { data: toText(plain) })).token);
    assert.deepEqual(context.unwrap(back.subarray(0, 16), back.subarray(16)), plain);
    await peer.must("verify", { data: toText(plain), token: toText(context.sign(plain)) });
    context.verify(plain, toBytes((await peer.must("sign", { data: toText(plain) })).token));
  }
}

function casesWith(environment: NodeJS.ProcessEnv): (readonly [string, () => Promise<void>])[] {
  const python = { usage: "initiate", target: "HTTP@localhost", user: "CONTOSO\\alice", password: "Sésame!" };
  const gss = async (fields: Record<string, unknown>, body: (peer: GssPeer) => Promise<void>): Promise<void> => {
    using peer = new GssPeer(environment);
    await peer.must("begin", fields);
    await body(peer);
  };
  const old = async (fields: Record<string, unknown>, body: (peer: GssPeer) => Promise<void>): Promise<void> => {
    using peer = new GssPeer(environment, "ntlm_auth_client.py");
    await peer.must("begin", { user: "alice", password: "Sésame!", domain: "CONTOSO", workstation: "HERE", ...fields });
    await body(peer);
  };
  return [
    [
      "our initiator, gss-ntlmssp's acceptor",
      () =>
        gss({ usage: "accept", mechanism: "ntlm" }, async (peer) => {
          const client = initiator();
          await toPythonRaw(client, peer);
          await protect(client.context(), peer);
        }),
    ],
    [
      "our initiator inside Negotiate, MIT's SPNEGO with gss-ntlmssp",
      () =>
        gss({ usage: "accept", mechanism: "spnego" }, async (peer) => {
          const client = negotiate(initiator());
          assert.match((await toPython(client, peer)) ?? "", /alice/i);
          await protect(client.context(), peer);
        }),
    ],
    [
      "gss-ntlmssp's initiator without a MIC is refused",
      () =>
        gss({ ...python, mechanism: "ntlm" }, async (peer) => {
          assert.equal(await codeOf(() => fromPython(peer, acceptor())), "downgrade-refused");
        }),
    ],
    [
      "gss-ntlmssp's initiator, our acceptor that asks for no MIC",
      () =>
        gss({ ...python, mechanism: "ntlm" }, async (peer) => {
          const server = acceptor(NO_MIC);
          assert.equal(await fromPython(peer, server), "alice");
          await protect(server.context(), peer);
        }),
    ],
    [
      "MIT's SPNEGO with gss-ntlmssp, our Negotiate acceptor",
      () =>
        gss({ ...python, mechanism: "spnego", inside: "ntlm" }, async (peer) => {
          const server = negotiated(acceptor());
          assert.equal(await fromPython(peer, server), "alice");
          await protect(server.context(), peer);
        }),
    ],
    [
      "gss-ntlmssp's raw token, our Negotiate acceptor",
      () =>
        gss({ ...python, mechanism: "ntlm" }, async (peer) => {
          assert.equal(await fromPython(peer, negotiated(acceptor(NO_MIC))), "alice");
        }),
    ],
    [
      "gss-ntlmssp with a wrong password",
      () =>
        gss({ ...python, password: "wrong", mechanism: "ntlm" }, async (peer) => {
          assert.equal(await codeOf(() => fromPython(peer, acceptor())), "logon-failed");
        }),
    ],
    [
      "gss-ntlmssp refuses our wrong password",
      () =>
        gss({ usage: "accept", mechanism: "ntlm" }, async (peer) => {
          await assert.rejects(toPythonRaw(initiator({ password: "wrong" }), peer), /GSSError|Error/);
        }),
    ],
    [
      "channel bindings with gss-ntlmssp, both ways",
      async () => {
        for (const [theirs, mine, code] of [
          [HERE, HERE, "none"],
          [ELSEWHERE, HERE, "channel-binding-mismatch"],
        ] as const) {
          await gss({ ...python, mechanism: "ntlm", binding: toText(theirs) }, async (peer) => {
            assert.equal(
              await codeOf(() => fromPython(peer, acceptor({ ...NO_MIC, channelBinding: mine, channelBindingPolicy: "required" }))),
              code,
            );
          });
        }
        await gss({ ...python, mechanism: "ntlm" }, async (peer) => {
          assert.equal(
            await codeOf(() => fromPython(peer, acceptor({ ...NO_MIC, channelBinding: HERE, channelBindingPolicy: "required" }))),
            "channel-binding-mismatch",
          );
        });
        await gss({ usage: "accept", mechanism: "ntlm", binding: toText(HERE) }, async (peer) => {
          await toPythonRaw(initiator({ channelBinding: HERE }), peer);
        });
        await gss({ usage: "accept", mechanism: "ntlm", binding: toText(HERE) }, async (peer) => {
          await assert.rejects(toPythonRaw(initiator({ channelBinding: ELSEWHERE }), peer));
        });
      },
    ],
    [
      "python3-ntlm-auth's client, our acceptor",
      () =>
        old({}, async (peer) => {
          const server = acceptor();
          assert.equal(await fromPython(peer, server), "alice");
          const context = server.context();
          assert.ok(context !== undefined);
          for (const text of TEXTS) {
            const plain = new TextEncoder().encode(text);
            const there = await peer.must("wrap", { token: toText(plain) });
            assert.deepEqual(context.unwrap(toBytes(there.header), toBytes(there.body)), plain);
            const { header, body } = context.wrap(plain);
            assert.deepEqual(toBytes((await peer.must("unwrap", { token: toText(new Uint8Array([...header, ...body])) })).data), plain);
          }
        }),
    ],
    ...(existsSync(SAMBA)
      ? [
          [
            "Samba's client (ntlm_auth of the package winbind), which sends no MIC either: right and wrong password",
            async () => {
              assert.equal(await fromSamba(acceptor(NO_MIC), "Sésame!"), "alice");
              assert.equal(await codeOf(() => fromSamba(acceptor(NO_MIC), "wrong")), "logon-failed");
            },
          ] as const,
        ]
      : []),
    [
      "python3-ntlm-auth with NTLMv1 and LM is refused",
      async () => {
        for (const level of [0, 1, 2]) {
          await old({ level }, async (peer) => {
            assert.equal(await codeOf(() => fromPython(peer, acceptor())), "downgrade-refused", `level ${level}`);
          });
        }
      },
    ],
  ];
}

const SAMBA = "/usr/bin/ntlm_auth";

/** Samba's client, by the line protocol of its helper: YR asks for the first token, TT hands in the challenge. */
async function fromSamba(server: Acceptor, password: string): Promise<string | undefined> {
  const child = spawn(SAMBA, ["--helper-protocol=ntlmssp-client-1", "--username=alice", "--domain=CONTOSO", `--password=${password}`], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const reader = createInterface({ input: child.stdout });
  const lines = reader[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<Uint8Array> => {
    child.stdin.write(`${line}\n`);
    const [, token] = String((await lines.next()).value).split(" ");
    return toBytes(token);
  };
  try {
    const challenge = await server.step(await ask("YR"));
    return (await server.step(await ask(`TT ${toText(challenge.token ?? new Uint8Array())}`))).identity?.name;
  } finally {
    reader.close();
    child.kill();
  }
}

/** gss-ntlmssp's acceptor has nothing more to say after the last message. */
async function toPythonRaw(client: Initiator, peer: GssPeer): Promise<void> {
  const challenge = await peer.must("step", { token: toText((await client.step()) as Uint8Array) });
  const verdict = await peer.must("step", { token: toText((await client.step(toBytes(challenge.token))) as Uint8Array) });
  assert.equal(verdict.done, true);
  assert.match(verdict.peer ?? "", /alice/i);
}

export const driver: Driver = {
  name: "NTLM (gss-ntlmssp through python3-gssapi, python3-ntlm-auth)",
  needs: () => missingModules(DEBIAN_PYTHON, "gssapi") ?? missingModules(DEBIAN_PYTHON, "ntlm_auth"),
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), "tieline-ntlm-"));
    try {
      // python3-ntlm-auth takes MD4 from OpenSSL, which has it in its legacy provider only.
      const providers = "[providers]\ndefault = on\nlegacy = on\n[on]\nactivate = 1\n";
      writeFileSync(join(folder, "openssl.cnf"), `openssl_conf = init\n[init]\nproviders = providers\n${providers}`);
      writeFileSync(join(folder, "users"), "CONTOSO:alice:Sésame!\n", { mode: 0o600 });
      return await cases(
        casesWith({ ...process.env, NTLM_USER_FILE: join(folder, "users"), LC_ALL: "C.UTF-8", OPENSSL_CONF: join(folder, "openssl.cnf") }),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
