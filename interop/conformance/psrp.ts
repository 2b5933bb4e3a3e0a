/**
 * PowerShell remoting against recorded conversations of a PowerShell client with a PowerShell server.
 *
 *     message NAME   each message becomes our typed form and is written again: the same document
 *     raw            the bytes give the recorded messages, however they are cut
 *     client         our client, fed the server's half, says what PowerShell's client said and tells its user the same
 *     damaged servers  our client comes to the same kind of end: works, fault, waits
 *     server         our server, fed the client's half, says what PowerShell's server said
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isFault } from "@tieline/fault";
import { checkMessage, checkRaw, exactCodec } from "../../packages/remoting/src/psrp/testing/check-messages.ts";
import { conversation } from "../../packages/remoting/src/psrp/testing/conversation.ts";
import { parseRaw, parseRecording, type RecordedPacket } from "../../packages/remoting/src/psrp/testing/recording.ts";
import { replayClient } from "../../packages/remoting/src/psrp/testing/replay-client.ts";
import { replayServer } from "../../packages/remoting/src/psrp/testing/replay-server.ts";
import { ourVerdict, recordedVerdict } from "./damaged-servers.ts";
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
    const recording = read(folder, name);
    const { packets, raw } = recording;
    if (isDamaged(name)) {
      if (raw === undefined) continue;
      groups.count("damaged servers", name, () => {
        const wanted = recordedVerdict(recording.shown);
        const { verdict, why } = ourVerdict(packets, parseRaw(raw));
        return verdict === wanted ? undefined : `${verdict} (${why}) instead of ${wanted}`;
      });
      continue;
    }
    const codec = exactCodec();
    for (const packet of packets) {
      for (const message of packet.messages ?? []) {
        if (message.clixmlLength !== undefined) continue;
        groups.count(`message ${message.messageTypeName}`, `${name} ${packet.n}`, () => checkMessage(message, codec));
      }
    }
    const steps = conversation(packets, raw === undefined ? [] : parseRaw(raw));
    groups.count("client", name, () => replayClient(steps));
    groups.count("server", name, () => replayServer(steps));
    if (raw !== undefined) {
      const records = parseRaw(raw);
      groups.count("raw", `${name} to the server`, () => checkRaw(records, packets, "C"));
      groups.count("raw", `${name} to the client`, () => checkRaw(records, packets, "S"));
    }
  }
  return groups.all();
}
