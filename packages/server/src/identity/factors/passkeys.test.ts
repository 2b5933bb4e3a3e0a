import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { isFault } from "@tieline/fault";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openBench, type Bench } from "./factors.fixture.ts";

const PARTY = { origin: "https://localhost:8443", id: "localhost", name: "Contoso" };
const b64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

/** An authenticator of a few lines: one ES256 key, a counter that the test sets, user present and verified (WebAuthn 6.1). */
function authenticator() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const id = Buffer.from("credential-of-the-test");
  const cose = Buffer.concat([
    Buffer.from("a5010203262001215820", "hex"),
    Buffer.from(x, "base64url"),
    Buffer.from("225820", "hex"),
    Buffer.from(y, "base64url"),
  ]);
  const data = (party: string, flags: number, counter: number): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(counter, 1);
    return Buffer.concat([sha256(party), head]);
  };
  const clientData = (type: string, challenge: string, origin: string): string =>
    JSON.stringify({ type, challenge, origin, crossOrigin: false });
  return {
    register(challenge: string) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const authData = Buffer.concat([data("localhost", 0x45, 0), Buffer.alloc(16), length, id, cose]);
      const attestation = Buffer.concat([
        Buffer.from("a363666d74646e6f6e656761747453746d74a068617574684461746158", "hex"),
        Buffer.from([authData.length]),
        authData,
      ]);
      const clientDataJSON = b64(clientData("webauthn.create", challenge, PARTY.origin));
      return {
        id: b64(id),
        rawId: b64(id),
        type: "public-key",
        clientExtensionResults: {},
        response: { attestationObject: b64(attestation), clientDataJSON },
      };
    },
    answer(challenge: string, counter: number, { origin = PARTY.origin, party = "localhost", flags = 0x05 } = {}) {
      const client = clientData("webauthn.get", challenge, origin);
      const authData = data(party, flags, counter);
      const signature = sign("sha256", Buffer.concat([authData, sha256(client)]), privateKey);
      const response = { authenticatorData: b64(authData), clientDataJSON: b64(client), signature: b64(signature) };
      return { id: b64(id), rawId: b64(id), type: "public-key", clientExtensionResults: {}, response };
    },
  };
}

let bench: Bench;
let key: ReturnType<typeof authenticator>;
beforeEach(async () => {
  bench = await openBench();
  key = authenticator();
  const { passkeys } = bench.factors;
  const asked = await passkeys.registrationOptions(bench.admin, PARTY);
  await passkeys.register(bench.admin, PARTY, asked.challenge, key.register(asked.challenge), "Key");
});
afterEach(() => bench.store.close());

async function reasonOf(answer: (challenge: string) => unknown): Promise<string> {
  const { challenge } = await bench.factors.passkeys.authenticationOptions(PARTY);
  try {
    return (await bench.factors.passkeys.verify(PARTY, challenge, answer(challenge))).accountId;
  } catch (error) {
    return isFault(error) && error.is("passkey-refused") ? String(error.fields.reason) : String(error);
  }
}

it("lets its account in, with a counter that goes forward", async () => {
  expect(await reasonOf((challenge) => key.answer(challenge, 5))).toBe(bench.admin.accountId);
  expect(await reasonOf((challenge) => key.answer(challenge, 6))).toBe(bench.admin.accountId);
});

it.each([6, 5, 1])("refuses a counter that stood at 6 and says %d, WebAuthn 7.2 step 22", async (counter) => {
  expect(await reasonOf((challenge) => key.answer(challenge, 6))).toBe(bench.admin.accountId);
  expect(await reasonOf((challenge) => key.answer(challenge, counter))).toMatch(/counter went backwards/);
});

it("refuses an answer to another question, from another address, for another party, without verification, by another key", async () => {
  expect(await reasonOf(() => key.answer(b64("another question"), 7))).toMatch(/does not fit/);
  expect(await reasonOf((challenge) => key.answer(challenge, 7, { origin: "https://localhost.evil:8443" }))).toMatch(/another address/);
  expect(await reasonOf((challenge) => key.answer(challenge, 7, { party: "evil" }))).toMatch(/another address/);
  expect(await reasonOf((challenge) => key.answer(challenge, 7, { flags: 0x01 }))).toMatch(/did not verify/);
  expect(await reasonOf((challenge) => authenticator().answer(challenge, 7))).not.toBe(bench.admin.accountId);
});

it.each([null, undefined, 5, "text", {}, { id: 7 }, { id: "x".repeat(100_000) }])("refuses %j", async (answer) => {
  expect(await reasonOf(() => answer)).toBe("it is not registered here");
});
