import { readFileSync } from "node:fs";
import { Fault, isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { Der, writeDer, writeOid } from "../asn1/der.ts";
import { Rc4 } from "../cipher/rc4.ts";
import type { Acceptor, AcceptorStep, Initiator, SecurityContext } from "../mechanism.ts";
import { NtlmAcceptor } from "../ntlm/acceptor.ts";
import { NtlmInitiator } from "../ntlm/initiator.ts";
import { decodeAuthenticate, decodeChallenge, withoutMic } from "../ntlm/messages.ts";
import { hmacMd5, md5, ntHash, proof, responseKey, sessionBaseKey } from "../ntlm/response.ts";
import { NtlmSecurityContext } from "../ntlm/session-security.ts";
import { equalInConstantTime, toUtf8 } from "../octets.ts";
import { SYSTEM_SOURCES } from "../sources.ts";
import { NegotiateAcceptor, type NegotiableAcceptor } from "./acceptor.ts";
import { NegotiateInitiator, type NegotiableInitiator } from "./initiator.ts";
import {
  decodeNegotiateToken,
  encodeInit,
  encodeMechanismList,
  encodeResponse,
  initialTokenMechanism,
  KERBEROS_OID,
  MS_KERBEROS_OID,
  NEG_STATE,
  NTLM_OID,
  SPNEGO_OID,
  type NegTokenInit,
  type NegTokenResp,
} from "./tokens.ts";

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");
const base64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

/** Stands in for Kerberos: one token there, one back, signatures that tell who made them. */
const KEY = toUtf8("shared");
class FakeContext implements SecurityContext {
  readonly mechanism = "kerberos";
  wrap(plaintext: Uint8Array): { header: Uint8Array; body: Uint8Array; padding: number } {
    return { header: md5(plaintext), body: plaintext, padding: 0 };
  }
  unwrap(_header: Uint8Array, body: Uint8Array): Uint8Array {
    return body;
  }
  sign(message: Uint8Array): Uint8Array {
    return hmacMd5(KEY, message);
  }
  verify(message: Uint8Array, signature: Uint8Array): void {
    if (!equalInConstantTime(this.sign(message), signature)) throw new Fault("message-integrity", { what: "fake" });
  }
}
class FakeInitiator implements Initiator {
  readonly mechanism = "kerberos";
  done = false;
  #begun = false;
  step(token?: Uint8Array): Uint8Array | undefined {
    if (!this.#begun) {
      this.#begun = true;
      return toUtf8("AP-REQ");
    }
    if (Buffer.from(token ?? []).toString() !== "AP-REP") throw new Fault("kerberos-failed", { reason: "no AP-REP" });
    this.done = true;
    return undefined;
  }
  context(): SecurityContext | undefined {
    return this.done ? new FakeContext() : undefined;
  }
}
class FakeAcceptor implements Acceptor {
  #context: SecurityContext | undefined;
  step(token: Uint8Array): AcceptorStep {
    if (Buffer.from(token).toString() !== "AP-REQ") throw new Fault("kerberos-failed", { reason: "no AP-REQ" });
    this.#context = new FakeContext();
    return {
      token: toUtf8("AP-REP"),
      done: true,
      identity: { name: "alice", domain: "CONTOSO.COM", mechanism: "kerberos", legacy: false },
    };
  }
  context(): SecurityContext | undefined {
    return this.#context;
  }
}

const ntlmClient: NegotiableInitiator = {
  oids: [NTLM_OID],
  begin: () => new NtlmInitiator({ user: "alice", password: "Sesame!", sources: SYSTEM_SOURCES }),
};
const kerberosClient: NegotiableInitiator = { oids: [MS_KERBEROS_OID, KERBEROS_OID], begin: () => new FakeInitiator() };
const kerberosMissing: NegotiableInitiator = {
  oids: [KERBEROS_OID],
  begin: () => {
    throw new Fault("kerberos-unavailable", { reason: "no library" });
  },
};
const ntlmServer: NegotiableAcceptor = {
  mechanism: "ntlm",
  oids: [NTLM_OID],
  begin: () =>
    new NtlmAcceptor({
      sources: SYSTEM_SOURCES,
      lookup: (user) => (user === "alice" ? { ntHash: ntHash("Sesame!"), name: "alice" } : undefined),
    }),
};
const kerberosServer: NegotiableAcceptor = {
  mechanism: "kerberos",
  oids: [KERBEROS_OID, MS_KERBEROS_OID],
  begin: () => new FakeAcceptor(),
};

type Spoil = (token: Uint8Array, from: "client" | "server", index: number) => Uint8Array;

async function run(
  client: NegotiateInitiator,
  server: NegotiateAcceptor,
  spoil: Spoil = (token) => token,
): Promise<{ step: AcceptorStep; tokens: Uint8Array[] }> {
  const tokens: Uint8Array[] = [];
  let token = await client.step();
  let step: AcceptorStep = { done: false };
  for (let index = 0; token !== undefined && index < 8; index++) {
    tokens.push(token);
    step = await server.step(spoil(token, "client", index));
    if (step.token === undefined) break;
    tokens.push(step.token);
    token = await client.step(spoil(step.token, "server", index));
  }
  return { step, tokens };
}

function expectProtection(client: NegotiateInitiator, server: NegotiateAcceptor): void {
  for (const [from, to] of [
    [client.context(), server.context()],
    [server.context(), client.context()],
  ]) {
    const sealed = from?.wrap(toUtf8("hello"));
    expect(Buffer.from(to?.unwrap(sealed?.header ?? new Uint8Array(), sealed?.body ?? new Uint8Array()) ?? []).toString()).toBe("hello");
  }
}

test.each([
  ["NTLM only", [ntlmClient], [ntlmServer], "ntlm", 4],
  ["Kerberos first, taken", [kerberosClient, ntlmClient], [kerberosServer, ntlmServer], "kerberos", 2],
  ["Kerberos first, the server has NTLM only: the list is signed", [kerberosClient, ntlmClient], [ntlmServer], "ntlm", 6],
  [
    "NTLM first, the server has Kerberos only: both sign after the last token",
    [ntlmClient, kerberosClient],
    [kerberosServer],
    "kerberos",
    6,
  ],
  ["no Kerberos on the client's machine", [kerberosMissing, ntlmClient], [kerberosServer, ntlmServer], "ntlm", 4],
] as const)("%s (RFC 4178 4.1, 5)", async (_title, clients, servers, mechanism, count) => {
  const client = new NegotiateInitiator(clients);
  const server = new NegotiateAcceptor(servers);
  const { step, tokens } = await run(client, server);
  expect(step.done && client.done).toBe(true);
  expect(step.identity?.mechanism).toBe(mechanism);
  expect(client.mechanism).toBe(mechanism);
  expect(tokens.length).toBe(count);
  expectProtection(client, server);
});

test("with NTLM both ends sign the list of mechanisms, [MS-SPNG] 3.3.5.1", async () => {
  const { tokens } = await run(new NegotiateInitiator([ntlmClient]), new NegotiateAcceptor([ntlmServer]));
  const [, , answer, last] = tokens.map((token) => decodeNegotiateToken(token)) as [NegTokenInit, NegTokenResp, NegTokenResp, NegTokenResp];
  expect([answer.mic?.length, last.mic?.length, last.state]).toEqual([16, 16, NEG_STATE.ACCEPT_COMPLETED]);
});

test("raw NTLM is taken in the same header, as Windows does", async () => {
  const client = ntlmClient.begin();
  const server = new NegotiateAcceptor([ntlmServer]);
  const challenge = await server.step((await client.step()) as Uint8Array);
  const { done, identity } = await server.step((await client.step(challenge.token)) as Uint8Array);
  expect([done, identity?.name]).toEqual([true, "alice"]);
});

test("nothing in common: a fault at both ends", async () => {
  expect(await codeOf(() => run(new NegotiateInitiator([ntlmClient]), new NegotiateAcceptor([kerberosServer])))).toBe("mechanism-off");
  expect(await codeOf(() => run(new NegotiateInitiator([ntlmClient]), new NegotiateAcceptor([])))).toBe("mechanism-off");
  expect(await codeOf(() => new NegotiateInitiator([kerberosMissing]).step())).toBe("kerberos-unavailable");
  const client = new NegotiateInitiator([ntlmClient]);
  await client.step();
  expect(await codeOf(() => client.step(encodeResponse({ state: NEG_STATE.REJECT })))).toBe("no-common-mechanism");
});

test("Kerberos taken off the list on the way is noticed by both, RFC 4178 7", async () => {
  const strip: Spoil = (token, from, index) => {
    if (from !== "client" || index !== 0) return token;
    return encodeInit({ mechanisms: [NTLM_OID] });
  };
  const servers = [kerberosServer, ntlmServer];
  expect(await codeOf(() => run(new NegotiateInitiator([kerberosClient, ntlmClient]), new NegotiateAcceptor(servers), strip))).toBe(
    "message-integrity",
  );
  // The one on the way also takes the client's signature off: now the client misses the server's.
  const mute: Spoil = (token, from, index) => {
    if (from === "client" && index === 0) return encodeInit({ mechanisms: [NTLM_OID] });
    const message = decodeNegotiateToken(token);
    if (message.kind === "init") return token;
    const { mic: _mic, kind: _kind, ...rest } = message;
    return encodeResponse(rest);
  };
  expect(await codeOf(() => run(new NegotiateInitiator([kerberosClient, ntlmClient]), new NegotiateAcceptor(servers), mute))).toBe(
    "downgrade-refused",
  );
});

test("a missing signature is refused by the server when its choice was not the client's first", async () => {
  const server = new NegotiateAcceptor([ntlmServer]);
  const first = await server.step(encodeInit({ mechanisms: [KERBEROS_OID, NTLM_OID], token: toUtf8("AP-REQ") }));
  expect(decodeNegotiateToken(first.token as Uint8Array)).toMatchObject({ state: NEG_STATE.REQUEST_MIC, mechanism: NTLM_OID });
  const client = ntlmClient.begin();
  const challenge = await server.step(encodeResponse({ token: (await client.step()) as Uint8Array }));
  const { token } = decodeNegotiateToken(challenge.token as Uint8Array);
  const answer = encodeResponse({ token: (await client.step(token)) as Uint8Array });
  expect(await codeOf(() => server.step(answer))).toBe("downgrade-refused");
});

test("a server that is done before the logon is, or chooses what was not offered, is refused", async () => {
  const early = new NegotiateInitiator([ntlmClient]);
  await early.step();
  expect(await codeOf(() => early.step(encodeResponse({ state: NEG_STATE.ACCEPT_COMPLETED, mechanism: NTLM_OID })))).toBe(
    "downgrade-refused",
  );
  const other = new NegotiateInitiator([kerberosClient]);
  await other.step();
  expect(await codeOf(() => other.step(encodeResponse({ state: NEG_STATE.ACCEPT_INCOMPLETE, mechanism: NTLM_OID })))).toBe(
    "downgrade-refused",
  );
});

test("a spent acceptor stays spent", async () => {
  const server = new NegotiateAcceptor([ntlmServer]);
  expect(await codeOf(() => server.step(toUtf8("rubbish")))).toBe("token-malformed");
  expect(await codeOf(() => server.step(encodeInit({ mechanisms: [NTLM_OID] })))).toBe("token-unexpected");
});

test("NegTokenInit2 with hints in [3] and the MIC in [4], [MS-SPNG] 2.2.1", () => {
  const hints = writeDer(Der.SEQUENCE, writeDer(0xa0, writeDer(Der.GENERAL_STRING, toUtf8("not_defined_in_RFC4178@please_ignore"))));
  const fields = [
    writeDer(0xa0, encodeMechanismList([MS_KERBEROS_OID, NTLM_OID])),
    writeDer(0xa3, hints),
    writeDer(0xa4, writeDer(Der.OCTET_STRING, toUtf8("mic"))),
  ];
  const token = writeDer(Der.APPLICATION_0, writeOid(SPNEGO_OID), writeDer(0xa0, writeDer(Der.SEQUENCE, ...fields)));
  expect(decodeNegotiateToken(token)).toMatchObject({ mechanisms: [MS_KERBEROS_OID, NTLM_OID], mic: toUtf8("mic") });
});

test("what PowerShell 7.6.5 sent and got with gss-ntlmssp: answers, MIC, both signatures of the list, the first sealed bytes", () => {
  const recorded = JSON.parse(readFileSync(new URL("../../vectors/negotiate-powershell.json", import.meta.url), "utf8")) as {
    user: string;
    password: string;
    tokens: string[];
    signature: string;
    ciphertextStart: string;
    plaintextStart: string;
  };
  const [init, challenge, answer, last] = recorded.tokens.map((token) => decodeNegotiateToken(base64(token))) as [
    NegTokenInit,
    NegTokenResp,
    NegTokenResp,
    NegTokenResp,
  ];
  expect(init.mechanisms).toEqual([NTLM_OID]);
  expect(hex(init.mechanismList)).toBe(hex(encodeMechanismList([NTLM_OID])));
  const message = decodeAuthenticate(answer.token as Uint8Array);
  const { serverChallenge } = decodeChallenge(challenge.token as Uint8Array);
  expect(message.user).toBe(recorded.user);

  const key = responseKey(ntHash(recorded.password), message.user, message.domain);
  const ntProof = proof(key, serverChallenge, message.ntResponse.subarray(16));
  expect(hex(ntProof)).toBe(hex(message.ntResponse.subarray(0, 16)));
  const exportedKey = new Rc4(sessionBaseKey(key, ntProof)).update(message.encryptedSessionKey);
  const mic = hmacMd5(exportedKey, init.token as Uint8Array, challenge.token as Uint8Array, withoutMic(answer.token as Uint8Array));
  expect(hex(mic)).toBe(hex(message.mic));

  const server = new NtlmSecurityContext({ exportedKey, role: "acceptor", keyExchange: true, seals: true });
  expect(() => server.verifyMechanismList(init.mechanismList, answer.mic as Uint8Array)).not.toThrow();
  expect(hex(server.signMechanismList(init.mechanismList))).toBe(hex(last.mic));
  const sealing = new Rc4(md5(exportedKey, toUtf8("session key to client-to-server sealing key magic constant\0")));
  expect(Buffer.from(sealing.update(base64(recorded.ciphertextStart))).toString()).toMatch(recorded.plaintextStart);
  expect(recorded.signature.slice(24)).toBe("01000000");
});

test("codecs read back what they wrote", () => {
  const init = decodeNegotiateToken(encodeInit({ mechanisms: [MS_KERBEROS_OID, KERBEROS_OID, NTLM_OID], token: new Uint8Array(300) }));
  expect(init).toMatchObject({ kind: "init", mechanisms: [MS_KERBEROS_OID, KERBEROS_OID, NTLM_OID] });
  expect(init.token?.length).toBe(300);
  const response = { state: 1, mechanism: NTLM_OID, token: new Uint8Array(700), mic: new Uint8Array(16) };
  expect(decodeNegotiateToken(encodeResponse(response))).toEqual({ kind: "response", ...response });
  expect(decodeNegotiateToken(encodeResponse({}))).toEqual({ kind: "response" });
  expect(initialTokenMechanism(encodeInit({ mechanisms: [NTLM_OID] }))).toBe("1.3.6.1.5.5.2");
  expect(initialTokenMechanism(new Uint8Array([0x60]))).toBeUndefined();
});

test("decoder and acceptor: any input works or gives a fault of the catalogue", async () => {
  const client = new NegotiateInitiator([kerberosClient, ntlmClient]);
  const seeds = (await run(client, new NegotiateAcceptor([ntlmServer]))).tokens;
  let state = 7;
  const next = (below: number): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % below;
  let accepted = 0;
  for (let round = 0; round < 6000; round++) {
    const seed = seeds[next(seeds.length)] as Uint8Array;
    const input = seed.slice(0, next(5) === 0 ? next(seed.length) : seed.length);
    for (let i = next(4); i > 0 && input.length > 0; i--) input[next(input.length)] = next(256);
    const code = await codeOf(() => decodeNegotiateToken(input));
    if (code === "none") accepted++;
    expect(["none", "token-malformed"]).toContain(code);
    if (round % 10 === 0) expect(await codeOf(() => new NegotiateAcceptor([ntlmServer]).step(input))).toMatch(/^(none|[a-z]+(-[a-z]+)+)$/);
  }
  expect(accepted).toBeGreaterThan(1500);
});
