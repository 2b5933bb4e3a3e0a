/**
 * Servers that break one rule each: our client, with its framing, must come to the kind of end that PowerShell's came to:
 * it works, it sees a fault, or it waits for what never comes (until the channel ends).
 */
import { asFault } from "@tieline/fault";
import { ClientChannel } from "@tieline/remoting/process";
import { ClientPool, EMPTY_GUID } from "@tieline/remoting/psrp";
import { exactCodec } from "../../packages/remoting/src/psrp/testing/check-messages.ts";
import { conversation, type SaidMessage } from "../../packages/remoting/src/psrp/testing/conversation.ts";
import type { RawRecord, RecordedPacket } from "../../packages/remoting/src/psrp/testing/recording.ts";
import { bodyOf } from "../../packages/remoting/src/psrp/testing/replay-client.ts";

export type Verdict = "works" | "fault" | "waits";

/** What PowerShell's client came to, by what it printed. */
export function recordedVerdict(shown: string): Verdict {
  const errors = [...shown.matchAll(/^\s*message=(.*)$/gm)].map((match) => match[1] as string);
  const waited = /abruptly terminated|attempt failed after time out/;
  if (errors.length > 0) return errors.every((message) => waited.test(message)) ? "waits" : "fault";
  return /^again$/m.test(shown) ? "works" : "waits";
}

/** What our client comes to; `why` says what it saw. */
export function ourVerdict(packets: readonly RecordedPacket[], raw: readonly RawRecord[]): { verdict: Verdict; why: string } {
  const asked = conversation(packets, raw).filter(
    (step): step is SaidMessage & { from: "client" } => step.from === "client" && step.kind === "message",
  );
  const init = asked.find(({ name }) => name === "INIT_RUNSPACEPOOL");
  if (init === undefined) return { verdict: "waits", why: "nothing was recorded" };
  const wishes = asked.filter(({ name }) => name === "CREATE_PIPELINE" || name === "GET_COMMAND_METADATA");
  const codec = exactCodec();
  const pool = new ClientPool({ id: init.pool });
  const channel = new ClientChannel();
  const ended: string[] = [];
  let fault: string | undefined;

  const next = (): void => {
    const wish = wishes.shift();
    if (wish === undefined) return;
    const id = wish.pipeline ?? EMPTY_GUID;
    if (wish.name === "GET_COMMAND_METADATA") pool.getCommandMetadata(id, bodyOf(wish, "GET_COMMAND_METADATA", codec));
    else pool.createPipeline(id, { ...bodyOf(wish, "CREATE_PIPELINE", codec), input: false });
  };
  const drain = (): void => {
    for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) {
      if (event.type === "opened") next();
      if (event.type === "broken") fault = event.fault.message;
      if (event.type !== "pipeline-ended") continue;
      if (event.fault !== undefined) fault = event.fault.message;
      ended.push(event.state);
      if (pool.state === "opened") next();
    }
    for (let action = pool.nextAction(); action !== undefined; action = pool.nextAction()) channel.send(action, 0);
    channel.dataToSend();
  };

  pool.open();
  drain();
  try {
    for (const record of raw) {
      // What the recorded server says after its client closed the session answers what ours does not ask.
      if (record.direction === "C" && closesSession(record.bytes)) break;
      if (record.direction !== "S" || fault !== undefined) continue;
      channel.receive(withNewline(record.bytes), 0);
      for (let event = channel.nextEvent(); event !== undefined; event = channel.nextEvent()) {
        if (event.event === "data") pool.receive(event.bytes, event.pipeline);
        drain();
      }
      drain();
    }
  } catch (error) {
    fault ??= asFault(error).message;
  }
  if (fault !== undefined) return { verdict: "fault", why: fault };
  // Three commands: two hidden or shown ones may fail, the last must not.
  const worked = ended.length > 0 && ended.length === expected(asked) && ended.at(-1) === "Completed" && expected(asked) > 1;
  return { verdict: worked ? "works" : "waits", why: `${pool.state}, ${ended.length} of ${expected(asked)} pipelines ended` };
}

function closesSession(bytes: Uint8Array): boolean {
  const line = Buffer.from(bytes).toString("utf8");
  return line.startsWith("<Close ") && line.includes(EMPTY_GUID);
}

function expected(asked: readonly SaidMessage[]): number {
  return asked.filter(({ name }) => name === "CREATE_PIPELINE" || name === "GET_COMMAND_METADATA").length;
}

/** A record is a line; what did not end in one was the last. */
function withNewline(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) === 10) return bytes;
  const line = new Uint8Array(bytes.length + 1);
  line.set(bytes);
  line[bytes.length] = 10;
  return line;
}
