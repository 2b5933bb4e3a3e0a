/**
 * pypsrp's recorded exchanges with real Windows servers, replayed for our client: the pool, the shell and the command
 * shell as they are, without a network. Needs a checkout of pypsrp and a Python with PyYAML to read it.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPrivateKey, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { SecureStringCodec } from "@tieline/remoting/clixml";
import {
  decodeSimpleBlob,
  decryptSecret,
  encodePublicKeyBlob,
  encryptSecret,
  type SessionKeySource,
} from "../packages/remoting/src/psrp/session-key.ts";
import type { CreatePipeline } from "../packages/remoting/src/psrp/index.ts";
import { cases, type Driver } from "./driver.ts";
import { sessionKeyText } from "./recordings/answers.ts";
import type { ClientMessage, RawExchange } from "./recordings/exchange.ts";
import { EXPECTATIONS } from "./recordings/expectations.ts";
import { Replay, type Result } from "./recordings/replay.ts";
import { missingModules } from "./python-modules.ts";

const { TIELINE_PYTHON: python = "", TIELINE_PYPSRP_SOURCE: source = "" } = process.env;
const reader = fileURLToPath(new URL("python/recordings.py", import.meta.url));

interface Recordings {
  recordings: Record<string, RawExchange[]>;
  key: Record<string, string>;
}

/** The key pair that the recordings' client used, so that what was encrypted to it can be read. */
function privateKey(numbers: Readonly<Record<string, string>>): KeyObject {
  const base64 = (name: string): string => {
    const hex = BigInt(numbers[name] as string).toString(16);
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").toString("base64url");
  };
  const jwk = {
    kty: "RSA",
    n: base64("n"),
    e: base64("e"),
    d: base64("d"),
    p: base64("p"),
    q: base64("q"),
    dp: base64("dmp1"),
    dq: base64("dmq1"),
    qi: base64("iqmp"),
  };
  return createPrivateKey({ format: "jwk", key: jwk });
}

function keySource(key: KeyObject): SessionKeySource {
  return {
    publicKeyBlob: () => encodePublicKeyBlob(key),
    openSessionKey: (blob) => decodeSimpleBlob(blob, key),
    sealSessionKey: () => {
      throw new Error("a client seals no key");
    },
  };
}

/** The secrets of one recording, under the session key that its server gave. */
function secretsOf(exchanges: readonly RawExchange[], key: KeyObject): SecureStringCodec | undefined {
  const text = exchanges.map(({ response }) => sessionKeyText(response ?? "")).find((found) => found !== undefined);
  if (text === undefined) return undefined;
  const session = decodeSimpleBlob(Buffer.from(text, "base64"), key);
  return { encrypt: (utf16le) => encryptSecret(session, utf16le), decrypt: (secret) => decryptSecret(session, secret) };
}

/**
 * Our client says what the recorded one said: the same messages for each pipeline in the same order, the same commands
 * in them. The exchange of keys may come at another time, and what our client refuses by itself is not sent.
 */
function sameMessages({ sent, recorded }: Result): void {
  const told = (messages: readonly ClientMessage[]): Record<string, string[]> => {
    const lanes: Record<string, string[]> = {};
    for (const message of messages) {
      if (message.name === "PUBLIC_KEY" || message.name.startsWith("SET_M")) continue;
      const said = message.name === "CREATE_PIPELINE" ? `${message.name} ${commands(message.body)}` : message.name;
      (lanes[message.pipeline] ??= []).push(said);
    }
    return lanes;
  };
  assert.deepEqual(told(sent), told(recorded));
}

function commands({ statements, isNested, noInput }: CreatePipeline): string {
  const described = statements.map((statement) =>
    statement.map(({ text, isScript, merge, arguments: args }) => [text, isScript, merge, args]),
  );
  return JSON.stringify([described, isNested, noInput], (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

export const driver: Driver = {
  name: "pypsrp's recordings of Windows, for our client",
  needs() {
    if (source === "" || !existsSync(join(source, "tests", "tests_pypsrp", "responses")))
      return "TIELINE_PYPSRP_SOURCE names no checkout of pypsrp with its tests";
    return missingModules(python, "yaml");
  },
  async run() {
    const { stdout } = await promisify(execFile)(python, [reader, source], { maxBuffer: 1 << 28 });
    const { recordings, key } = JSON.parse(stdout) as Recordings;
    const names = Object.keys(recordings);
    const skipped = names.flatMap((name) => {
      const expectation = EXPECTATIONS[name];
      return expectation !== undefined && "skipped" in expectation ? [`${name}: ${expectation.skipped}`] : [];
    });
    const exchanges = Object.values(recordings).reduce((sum, each) => sum + each.length, 0);
    let played = 0;
    const pair = privateKey(key);
    const outcome = await cases(
      names
        .filter((name) => !("skipped" in (EXPECTATIONS[name] ?? {})))
        .map((name) => [
          name,
          async () => {
            const expectation = EXPECTATIONS[name];
            if (expectation === undefined || "skipped" in expectation) throw new Error("nothing is known of what its user saw");
            const raw = recordings[name] as RawExchange[];
            const result = new Replay(raw, keySource(pair), secretsOf(raw, pair)).run();
            expectation(result);
            sameMessages(result);
            played += raw.length;
          },
        ]),
    );
    console.log(
      `  ${names.length - skipped.length} of ${names.length} recordings played, ${played} of ${exchanges} exchanges in those that agree`,
    );
    for (const each of skipped) console.log(`  not played: ${each}`);
    return outcome;
  },
};
