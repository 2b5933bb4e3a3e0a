/**
 * WS-Management against the recorded HTTP exchanges of PowerShell's own client.
 *
 *     requests   each of its requests, sealed ones too, becomes the right operation with the right ids and bytes
 *     server     our service, asked what the client asked, gives answers on which that client goes on
 *     client     our client, answered as that client was, ends as it did: works, or tells the same fault
 *     tolerance  the same for small variations of the answers
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkRequest, checkSealed } from "../../packages/remoting/src/wsman/testing/check-request.ts";
import { parseRecording, type Recording } from "../../packages/remoting/src/wsman/testing/recording.ts";
import { replayClient } from "../../packages/remoting/src/wsman/testing/replay-client.ts";
import { replayServer } from "../../packages/remoting/src/wsman/testing/replay-server.ts";
import type { GroupResult } from "./result.ts";

/** Every recording of the folder `wsman/`. */
export async function wsman(folder: string): Promise<GroupResult[]> {
  const requests = group("requests");
  const server = group("server");
  const client = group("client");
  const tolerance = group("tolerance");
  for (const recording of read(folder)) {
    for (const [i, line] of recording.lines.entries()) {
      if (line.dir === "c2s" && line.body !== undefined && line.body !== "") {
        const { body } = line;
        count(requests, `${recording.name} ${line.n}`, () => checkRequest(body));
      } else if (line.dir === "c2s-encrypted") {
        const plain = recording.lines[i + 1]?.body ?? "";
        count(requests, `${recording.name} ${line.n} sealed`, () => checkSealed(line, plain));
      }
    }
    for (const { id, reason } of judged(() => replayServer(recording), recording)) count(server, id, () => reason);
    for (const { id, reason } of judged(() => replayClient(recording), recording)) {
      count(recording.name.startsWith("tol") ? tolerance : client, id, () => reason);
    }
  }
  return [requests, server, client, tolerance];
}

function judged(
  run: () => { id: string; reason: string | undefined }[],
  { name }: Recording,
): { id: string; reason: string | undefined }[] {
  try {
    return run();
  } catch (error) {
    return [{ id: name, reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }];
  }
}

function read(folder: string): Recording[] {
  return [folder, join(folder, "tol")].flatMap((at) =>
    readdirSync(at)
      .filter((file) => file.endsWith(".jsonl"))
      .sort()
      .map((file) => {
        const base = join(at, file.slice(0, -".jsonl".length));
        const text = (extension: string): string | undefined =>
          existsSync(`${base}.${extension}`) ? readFileSync(`${base}.${extension}`, "utf8") : undefined;
        return parseRecording(file.slice(0, -".jsonl".length), text("jsonl") ?? "", text("out") ?? "", text("rules.json"));
      }),
  );
}

function group(name: string): GroupResult {
  return { group: name, passed: 0, total: 0, failures: [] };
}

function count(to: GroupResult, id: string, verdict: () => string | undefined): void {
  to.total++;
  let reason: string | undefined;
  try {
    reason = verdict();
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  if (reason === undefined) to.passed++;
  else to.failures.push({ id, reason });
}
