/**
 * PowerShell remoting against recorded conversations of a PowerShell client with a PowerShell server.
 *
 *     message NAME   each message becomes our typed form and is written again: the same document
 *     raw            the bytes give the recorded messages, however they are cut
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isFault } from "@tieline/fault";
import { checkMessage, checkRaw, exactCodec } from "../../packages/remoting/src/psrp/testing/check-messages.ts";
import { parseRaw, parseRecording, shortened, type RecordedPacket } from "../../packages/remoting/src/psrp/testing/recording.ts";
import type { GroupResult } from "./result.ts";

interface Conversation {
  name: string;
  packets: RecordedPacket[];
  raw: Uint8Array | undefined;
  /** What PowerShell's client showed its user. */
  shown: string;
}

function read(folder: string, name: string): Conversation {
  const file = (extension: string): string => join(folder, `${name}.${extension}`);
  return {
    name,
    packets: parseRecording(readFileSync(file("jsonl"), "utf8")),
    raw: existsSync(file("raw")) ? new Uint8Array(readFileSync(file("raw"))) : undefined,
    shown: existsSync(file("out")) ? readFileSync(file("out"), "utf8") : "",
  };
}

/** A damaged server's messages may be damaged on purpose: these conversations are judged by their verdict alone. */
function isDamaged(name: string): boolean {
  return name.startsWith("fake-");
}

class Groups {
  readonly #groups = new Map<string, GroupResult>();

  count(name: string, id: string, verdict: () => string | undefined): void {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { group: name, passed: 0, total: 0, failures: [] };
      this.#groups.set(name, group);
    }
    group.total++;
    let reason: string | undefined;
    try {
      reason = verdict();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
      reason = isFault(error)
        ? `${error.code}: ${error.message}${cause}`
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    }
    if (reason === undefined) group.passed++;
    else group.failures.push({ id, reason });
  }

  all(): GroupResult[] {
    return [...this.#groups.values()].sort((a, b) => (a.group < b.group ? -1 : 1));
  }
}

/** Every conversation of the folder `psrp/` of the recordings. */
export async function psrp(folder: string): Promise<GroupResult[]> {
  const groups = new Groups();
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => file.slice(0, -".jsonl".length))
    .sort();
  for (const name of names) {
    const conversation = read(folder, name);
    const { packets, raw } = conversation;
    if (isDamaged(name)) continue;
    const codec = exactCodec();
    for (const packet of packets) {
      for (const message of packet.messages ?? []) {
        if (message.clixmlLength !== undefined) continue;
        groups.count(`message ${message.messageTypeName}`, `${name} ${packet.n}`, () => checkMessage(message, codec));
      }
    }
    if (raw !== undefined) {
      const records = parseRaw(raw);
      if (!shortened(packets)) {
        groups.count("raw", `${name} to the server`, () => checkRaw(records, packets, "C"));
        groups.count("raw", `${name} to the client`, () => checkRaw(records, packets, "S"));
      }
    }
  }
  return groups.all();
}
