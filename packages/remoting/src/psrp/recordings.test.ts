/** Both ends in the place of PowerShell's, in conversations that a PowerShell client and server had. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkMessage, checkRaw, exactCodec } from "./testing/check-messages.ts";
import { conversation, type Step } from "./testing/conversation.ts";
import { parseRaw, parseRecording, type RawRecord, type RecordedPacket } from "./testing/recording.ts";
import { replayClient } from "./testing/replay-client.ts";
import { replayServer } from "./testing/replay-server.ts";

const FOLDER = new URL("../../vectors/psrp/", import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".jsonl"))
  .map((file) => file.slice(0, -".jsonl".length));

function packetsOf(name: string): RecordedPacket[] {
  return parseRecording(readFileSync(new URL(`${name}.jsonl`, FOLDER), "utf8"));
}

function rawOf(name: string): RawRecord[] | undefined {
  const file = new URL(`${name}.raw`, FOLDER);
  return existsSync(file) ? parseRaw(new Uint8Array(readFileSync(file))) : undefined;
}

function stepsOf(name: string): Step[] {
  return conversation(packetsOf(name), rawOf(name) ?? []);
}

describe("the recordings", () => {
  it("are there", () => {
    expect(NAMES.length).toBeGreaterThan(20);
  });

  it.each(NAMES)("%s: every message becomes its typed form and the same CLIXML again", (name) => {
    const codec = exactCodec();
    for (const packet of packetsOf(name)) {
      for (const message of packet.messages ?? [])
        expect(checkMessage(message, codec), `${message.messageTypeName} in packet ${packet.n}`).toBeUndefined();
    }
  });

  it.each(NAMES.filter((name) => rawOf(name) !== undefined))(
    "%s: the bytes give the messages, cut in packets, bytes and uneven pieces",
    (name) => {
      const records = rawOf(name) as RawRecord[];
      expect(checkRaw(records, packetsOf(name), "C")).toBeUndefined();
      expect(checkRaw(records, packetsOf(name), "S")).toBeUndefined();
    },
  );

  it.each(NAMES)("%s: our client says what PowerShell's said and tells its user the same", (name) => {
    expect(replayClient(stepsOf(name))).toBeUndefined();
  });

  it.each(NAMES)("%s: our server says what PowerShell's said", (name) => {
    expect(replayServer(stepsOf(name))).toBeUndefined();
  });
});

describe("the judges see what is wrong", () => {
  const steps = stepsOf("stop");

  it.each([
    ["an output that the server did not put out", replayClient, "PIPELINE_OUTPUT", "<I32>7</I32>"],
    ["a command that the client did not ask for", replayServer, "CREATE_PIPELINE", "<S>none</S>"],
  ] as const)("%s", (_, replay, name, text) => {
    let changed = false;
    const altered = steps.map((step): Step => {
      if (changed || step.kind !== "message" || step.name !== name) return step;
      changed = true;
      return { ...step, text };
    });
    expect(changed).toBe(true);
    // Our client is told of the altered output as it is; our server ends the altered command by itself.
    if (replay === replayClient) expect(replay(altered)).toBeUndefined();
    else expect(replay(altered)).toContain("PIPELINE_STATE");
  });

  it("a message that is missing at either end", () => {
    const without = (name: string): Step[] => {
      const at = steps.findIndex((step) => step.kind === "message" && step.name === name);
      return steps.filter((_, i) => i !== at);
    };
    expect(replayServer(without("RUNSPACEPOOL_STATE"))).toBeDefined();
    expect(replayClient(steps.filter((step) => step.kind !== "terminate"))).toContain("terminate");
    expect(replayClient(without("CREATE_PIPELINE"))).toContain("stop");
  });
});
