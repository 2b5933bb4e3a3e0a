import { md4 } from "../cipher/md4.ts";
import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { Rc4 } from "../cipher/rc4.ts";
import { channelBindingHash } from "../channel-binding.ts";
import type { AcceptorStep } from "../mechanism.ts";
import { concat, toUtf16, toUtf8 } from "../octets.ts";
import type { Sources } from "../sources.ts";
import { NtlmAcceptor, type NtlmAcceptorOptions } from "./acceptor.ts";
import { NEGOTIATE } from "./flags.ts";
import { NtlmInitiator, type NtlmInitiatorOptions } from "./initiator.ts";
import { decodeAuthenticate, decodeChallenge, decodeNegotiate, encodeAuthenticate, encodeChallenge, encodeNegotiate } from "./messages.ts";
import { clientChallengeBlob, lmV2Response, md5, ntHash, proof, responseKey, sessionBaseKey } from "./response.ts";
import type { NtlmSecurityContext } from "./session-security.ts";
import { AV, decodeTargetInfo, encodeTargetInfo, fileTime, textPair } from "./target-info.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** Bytes in the order given; then zeros. */
function scripted(...draws: readonly string[]): Sources {
  const queue = draws.map(unhex);
  return { random: (length) => queue.shift() ?? new Uint8Array(length), nowMs: () => 0 };
}
let counter = 1;
const SOURCES: Sources = {
  random: (length) => Uint8Array.from({ length }, () => (counter = (counter * 1103515245 + 12345) & 0x7fffffff) >>> 16),
  nowMs: () => 1_600_000_000_000,
};

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

// The values of [MS-NLMP] 4.2.1.
const CLIENT_CHALLENGE = "aaaaaaaaaaaaaaaa";
const SERVER_CHALLENGE = "0123456789abcdef";
const RANDOM_SESSION_KEY = "55555555555555555555555555555555";
const TARGET_INFO = encodeTargetInfo([textPair(AV.NB_DOMAIN_NAME, "Domain"), textPair(AV.NB_COMPUTER_NAME, "Server")]);

test("the target information of [MS-NLMP] 4.2.4", () => {
  expect(hex(TARGET_INFO)).toBe("02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000");
});

test("NTOWFv1 and its session base key, [MS-NLMP] 4.2.2.1.2 and 4.2.2.1.3", () => {
  const hash = ntHash("Password");
  expect(hex(hash)).toBe("a4f49c406510bdcab6824ee7c30fd852");
  expect(hex(md4(hash))).toBe("d87262b0cde4b1cb7499becccdf10784");
});

test("NTOWFv2, responses and keys, [MS-NLMP] 4.2.4.1 and 4.2.4.2", () => {
  const key = responseKey(ntHash("Password"), "User", "Domain");
  expect(hex(key)).toBe("0c868a403bfd7a93a3001ef22ef02e3f");
  const blob = clientChallengeBlob(new Uint8Array(8), unhex(CLIENT_CHALLENGE), TARGET_INFO);
  expect(hex(blob)).toBe(`01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000${hex(TARGET_INFO)}00000000`);
  const ntProof = proof(key, unhex(SERVER_CHALLENGE), blob);
  expect(hex(ntProof)).toBe("68cd0ab851e51c96aabc927bebef6a1c");
  expect(hex(lmV2Response(key, unhex(SERVER_CHALLENGE), unhex(CLIENT_CHALLENGE)))).toBe("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
  const base = sessionBaseKey(key, ntProof);
  expect(hex(base)).toBe("8de40ccadbc14a82f15cb0ad0de95ca3");
  expect(hex(new Rc4(base).update(unhex(RANDOM_SESSION_KEY)))).toBe("c5dad2544fc9799094ce1ce90bc9d03e");
});

test("the whole AUTHENTICATE message for the challenge of [MS-NLMP] 4.2.4.3", () => {
  const challenge = encodeChallenge({
    flags: 0xe28a8233,
    serverChallenge: unhex(SERVER_CHALLENGE),
    targetName: "Server",
    targetInfo: TARGET_INFO,
  });
  const initiator = new NtlmInitiator({
    user: "User",
    domain: "Domain",
    password: "Password",
    workstation: "COMPUTER",
    sources: { ...scripted(CLIENT_CHALLENGE, RANDOM_SESSION_KEY), nowMs: () => -11_644_473_600_000 },
  });
  initiator.step();
  const message = decodeAuthenticate(initiator.step(challenge));
  expect(message).toMatchObject({ domain: "Domain", user: "User", workstation: "COMPUTER", flags: 0xe2888235 });
  expect(hex(message.lmResponse)).toBe("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
  expect(hex(message.ntResponse)).toBe(
    `68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000${hex(TARGET_INFO)}00000000`,
  );
  expect(hex(message.encryptedSessionKey)).toBe("c5dad2544fc9799094ce1ce90bc9d03e");
  // 4.2.4.4: GSS_WrapEx of "Plaintext" by the client.
  const sealed = initiator.context()?.wrap(toUtf16("Plaintext"));
  expect(hex(sealed?.body ?? new Uint8Array())).toBe("54e50165bf1936dc996020c1811b0f06fb5f");
  expect(hex(sealed?.header ?? new Uint8Array())).toBe("010000007fb38ec5c55d497600000000");
});

test("SIGNKEY and SEALKEY, [MS-NLMP] 4.2.4.4", () => {
  const key = unhex(RANDOM_SESSION_KEY);
  expect(hex(md5(key, toUtf8("session key to client-to-server sealing key magic constant\0")))).toBe("59f600973cc4960a25480a7c196e4c58");
  expect(hex(md5(key, toUtf8("session key to client-to-server signing key magic constant\0")))).toBe("4788dc861b4782f35d43fd98fe1a2d39");
});

test("upper case is taken letter by letter: a sharp s stays one letter, 3.3.2", () => {
  const hash = ntHash("x");
  expect(hex(responseKey(hash, "straße", "D"))).toBe(hex(responseKey(hash, "STRAßE", "D")));
  expect(hex(responseKey(hash, "straße", "D"))).not.toBe(hex(responseKey(hash, "STRASSE", "D")));
});

test("FILETIME counts 100 ns from 1601, 2.3.3 of [MS-DTYP]", () => {
  expect(hex(fileTime(-11_644_473_600_000))).toBe("0000000000000000");
  expect(hex(fileTime(0))).toBe("00803ed5deb19d01");
});

function pair(
  acceptor: Partial<NtlmAcceptorOptions> = {},
  initiator: Partial<NtlmInitiatorOptions> = {},
): { client: NtlmInitiator; server: NtlmAcceptor } {
  return {
    client: new NtlmInitiator({ user: "alice", domain: "CONTOSO", password: "Sesame!", sources: SOURCES, ...initiator }),
    server: new NtlmAcceptor({
      sources: SOURCES,
      names: { netbiosDomain: "CONTOSO", netbiosComputer: "POOL01", dnsDomain: "contoso.local", dnsComputer: "pool01.contoso.local" },
      lookup: (user) => (user.toLowerCase() === "alice" ? { ntHash: ntHash("Sesame!"), name: "alice@contoso.com" } : undefined),
      ...acceptor,
    }),
  };
}

async function run({ client, server }: ReturnType<typeof pair>): Promise<AcceptorStep> {
  const first = await server.step(client.step());
  return server.step(client.step(first.token));
}

test("the two ends agree, and seal and sign in both directions, 3.4", async () => {
  const ends = pair();
  const { done, identity } = await run(ends);
  expect(done).toBe(true);
  expect(identity).toEqual({ name: "alice@contoso.com", domain: "CONTOSO", mechanism: "ntlm", legacy: true });
  const [client, server] = [ends.client.context(), ends.server.context()];
  for (let i = 0; i < 5; i++) {
    const there = client?.wrap(toUtf8(`there ${i}`));
    expect(there?.header.length).toBe(16);
    expect(Buffer.from(server?.unwrap(there?.header ?? new Uint8Array(), there?.body ?? new Uint8Array()) ?? []).toString()).toBe(
      `there ${i}`,
    );
    const back = server?.wrap(toUtf8(`and back ${i}`));
    expect(Buffer.from(client?.unwrap(back?.header ?? new Uint8Array(), back?.body ?? new Uint8Array()) ?? []).toString()).toBe(
      `and back ${i}`,
    );
    const signature = client?.sign(toUtf8("signed")) ?? new Uint8Array();
    expect(() => server?.verify(toUtf8("signed"), signature)).not.toThrow();
  }
});

test("a changed, repeated or reordered message is refused, and nothing is accepted afterwards, 3.4.4", async () => {
  for (const spoil of ["change", "repeat", "reorder"] as const) {
    const ends = pair();
    await run(ends);
    const [client, server] = [ends.client.context(), ends.server.context()] as [NtlmSecurityContext, NtlmSecurityContext];
    const one = client.wrap(toUtf8("one"));
    const two = client.wrap(toUtf8("two"));
    if (spoil === "change") (one.body[0] as number) ^= 1;
    if (spoil === "repeat") server.unwrap(one.header, one.body);
    const next = spoil === "reorder" ? two : one;
    expect(await codeOf(() => server.unwrap(next.header, next.body))).toBe("message-integrity");
    expect(await codeOf(() => server.unwrap(two.header, two.body))).toBe("message-integrity");
  }
});

test("wrong password and unknown account are the same refusal, and an answer is judged once", async () => {
  const wrong = pair({}, { password: "wrong" });
  expect(await codeOf(() => run(wrong))).toBe("logon-failed");
  const unknown = pair({}, { user: "nobody" });
  expect(await codeOf(() => run(unknown))).toBe("logon-failed");

  const { client, server } = pair();
  const challenge = await server.step(client.step());
  const answer = client.step(challenge.token);
  const spoiled = answer.slice();
  (spoiled[spoiled.length - 30] as number) ^= 1;
  expect(await codeOf(() => server.step(spoiled))).not.toBe("none");
  expect(await codeOf(() => server.step(answer))).toBe("token-unexpected");
});

test("an answer of another challenge is refused", async () => {
  const a = pair();
  const b = pair();
  const answer = a.client.step((await a.server.step(a.client.step())).token);
  await b.server.step(b.client.step());
  expect(await codeOf(() => b.server.step(answer))).toBe("logon-failed");
});

test.each([
  ["anonymous, 3.2.5.1.2", { user: "" }, "anonymous-refused"],
  ["with the flag for anonymous", { flags: NEGOTIATE.ANONYMOUS }, "anonymous-refused"],
  ["an empty response", { ntResponse: new Uint8Array() }, "anonymous-refused"],
  ["NTLMv1, 2.2.2.6", { ntResponse: new Uint8Array(24) }, "downgrade-refused"],
  ["a stump", { ntResponse: new Uint8Array(30) }, "token-malformed"],
])("%s is refused", async (_title, changes, code) => {
  const { client, server } = pair();
  const challenge = await server.step(client.step());
  const answer = decodeAuthenticate(client.step(challenge.token));
  const flags = answer.flags | ((changes as { flags?: number }).flags ?? 0);
  expect(await codeOf(() => server.step(encodeAuthenticate({ ...answer, ...changes, flags })))).toBe(code);
});

test("a client that leaves out extended session security or 128 bits is refused", async () => {
  for (const flag of [NEGOTIATE.EXTENDED_SESSION_SECURITY, NEGOTIATE.KEY_128]) {
    const { client, server } = pair();
    const flags = decodeNegotiate(client.step()).flags & ~flag;
    expect(
      await codeOf(async () => {
        const challenge = await server.step(encodeNegotiate({ flags: flags >>> 0 }));
        const answer = decodeAuthenticate(client.step(challenge.token));
        await server.step(encodeAuthenticate(answer));
      }),
    ).toBe("downgrade-refused");
  }
});

test("a server that leaves out extended session security, 128 bits or sealing is refused by the client", async () => {
  for (const flag of [NEGOTIATE.EXTENDED_SESSION_SECURITY, NEGOTIATE.KEY_128, NEGOTIATE.SEAL, NEGOTIATE.SIGN, NEGOTIATE.UNICODE]) {
    const { client, server } = pair();
    const challenge = decodeChallenge((await server.step(client.step())).token ?? new Uint8Array());
    expect(await codeOf(() => client.step(encodeChallenge({ ...challenge, flags: (challenge.flags & ~flag) >>> 0 })))).toBe(
      "downgrade-refused",
    );
  }
});

test("a MIC is due when a time stamp was given, and must fit, 3.2.5.1.2", async () => {
  {
    const { client, server } = pair();
    const challenge = await server.step(client.step());
    const answer = client.step(challenge.token);
    (answer[72] as number) ^= 1;
    expect(await codeOf(() => server.step(answer))).toBe("downgrade-refused");
  }
  {
    // Somebody on the way strips the time stamp, so that the client sends none.
    const { client, server } = pair();
    const challenge = decodeChallenge((await server.step(client.step())).token ?? new Uint8Array());
    const stripped = encodeTargetInfo(decodeTargetInfo(challenge.targetInfo).filter((each) => each.id !== AV.TIMESTAMP));
    const answer = client.step(encodeChallenge({ ...challenge, targetInfo: stripped }));
    expect(await codeOf(() => server.step(answer))).toBe("downgrade-refused");
  }
  {
    // Somebody on the way asks for less in the client's first message.
    const { client, server } = pair();
    const flags = decodeNegotiate(client.step()).flags & ~NEGOTIATE.KEY_56;
    const challenge = await server.step(encodeNegotiate({ flags: flags >>> 0 }));
    const answer = client.step(challenge.token);
    expect(await codeOf(() => server.step(answer))).toBe("downgrade-refused");
  }
});

const HERE = toUtf8("tls-server-end-point:here");
const ELSEWHERE = toUtf8("tls-server-end-point:elsewhere");
test.each([
  [HERE, HERE, "required", "none"],
  [HERE, ELSEWHERE, "required", "channel-binding-mismatch"],
  [HERE, undefined, "required", "channel-binding-mismatch"],
  [HERE, ELSEWHERE, "when-present", "channel-binding-mismatch"],
  [HERE, undefined, "when-present", "none"],
  [HERE, ELSEWHERE, "off", "none"],
  [undefined, ELSEWHERE, "required", "none"],
] as const)("channel binding, server %s, client %s, policy %s: %s", async (ours, theirs, channelBindingPolicy, code) => {
  expect(await codeOf(() => run(pair({ channelBinding: ours, channelBindingPolicy }, { channelBinding: theirs })))).toBe(code);
});

test("the binding's hash covers the structure of RFC 2744 3.11", () => {
  expect(hex(channelBindingHash(HERE))).toBe(hex(md5(new Uint8Array(16), unhex("19000000"), HERE)));
});

test("[MS-SPNG] 3.3.5.1: the key stream is put back after the list of mechanisms, the number is not", async () => {
  const ends = pair();
  await run(ends);
  const [client, server] = [ends.client.context(), ends.server.context()] as [NtlmSecurityContext, NtlmSecurityContext];
  const list = toUtf8("list");
  server.verifyMechanismList(list, client.signMechanismList(list));
  const sealed = client.wrap(toUtf8("after"));
  expect(sealed.header[12]).toBe(1);
  expect(Buffer.from(server.unwrap(sealed.header, sealed.body)).toString()).toBe("after");
});

test("codecs read back what they wrote", () => {
  const authenticate = {
    flags: 0xe2888235,
    lmResponse: new Uint8Array(24),
    ntResponse: new Uint8Array(60).fill(7),
    domain: "Ünï",
    user: "使用者",
    workstation: "W",
    encryptedSessionKey: new Uint8Array(16).fill(9),
    mic: new Uint8Array(16).fill(3),
  };
  expect(decodeAuthenticate(encodeAuthenticate(authenticate))).toEqual(authenticate);
  const challenge = { flags: 0xe28a8235, serverChallenge: new Uint8Array(8).fill(1), targetName: "CONTOSO", targetInfo: TARGET_INFO };
  expect(decodeChallenge(encodeChallenge(challenge))).toEqual(challenge);
  expect(decodeNegotiate(encodeNegotiate({ flags: 0xe2088297 }))).toEqual({ flags: 0xe2088297 });
});

test("decoders: any input works or gives a fault of the catalogue", async () => {
  const { client, server } = pair();
  const negotiate = client.step();
  const challenge = (await server.step(negotiate)).token ?? new Uint8Array();
  const authenticate = client.step(challenge);
  let accepted = 0;
  for (let round = 0; round < 3000; round++) {
    for (const [decode, seed] of [
      [decodeNegotiate, negotiate],
      [decodeChallenge, challenge],
      [decodeAuthenticate, authenticate],
      [decodeTargetInfo, decodeChallenge(challenge).targetInfo],
    ] as const) {
      const input = seed.slice(0, round % 4 === 0 ? (SOURCES.random(1)[0] as number) % (seed.length + 1) : seed.length);
      for (let i = 0; i < round % 5; i++)
        input[((SOURCES.random(1)[0] as number) * 3) % Math.max(1, input.length)] = SOURCES.random(1)[0] as number;
      const code = await codeOf(() => decode(input));
      if (code === "none") accepted++;
      expect(["none", "token-malformed", "token-unexpected"]).toContain(code);
    }
  }
  expect(accepted).toBeGreaterThan(2000);
});

test("an acceptor given spoiled answers refuses each with a fault", async () => {
  for (let round = 0; round < 400; round++) {
    const { client, server } = pair();
    const answer = client.step((await server.step(client.step())).token);
    answer[(round * 7) % answer.length] = (answer[(round * 7) % answer.length] as number) ^ (1 << (round % 8));
    const code = await codeOf(() => server.step(answer));
    expect(code).toMatch(/^(none|[a-z]+(-[a-z]+)+)$/);
    expect(code, `byte ${(round * 7) % answer.length}`).not.toBe("none");
  }
});

test("concat of nothing is nothing", () => {
  expect(concat()).toEqual(new Uint8Array());
});
