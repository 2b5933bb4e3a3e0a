import { describe, expect, it } from "vitest";
import { PsDictionary, SecureString, type PsValue } from "../objects/index.ts";
import { sessionKeys } from "../edge/session-keys.ts";
import { versionTable } from "./client-pool.ts";
import { decodeEnvelope } from "./message.ts";
import { Reassembler } from "./fragment.ts";
import { command } from "./pipeline-spec.ts";
import type { ServerEvent } from "./server-events.ts";
import type { ServerPool } from "./server-pool.ts";
import { makeEnds, pipelineId, run, type Ends } from "./testing/fake-wire.ts";

/** The names of the messages in these actions, in order. */
function messages(
  actions: readonly { do: string; bytes?: Uint8Array; pipeline?: string | undefined }[],
  me: "client" | "server",
): string[] {
  const names: string[] = [];
  const streams = new Map<string, Reassembler>();
  for (const action of actions) {
    if (action.bytes === undefined) continue;
    const key = `${action.pipeline}`;
    const stream = streams.get(key) ?? new Reassembler({ side: "server", maxObjectSize: 1e9 });
    streams.set(key, stream);
    stream.push(action.bytes, (message) => names.push(decodeEnvelope(message, me).name));
  }
  return names;
}

const TOP_SECRET = "töp secret";

/** Puts out what it was given, with the secret revealed, and one of its own. */
function serve(event: ServerEvent, server: ServerPool): void {
  if (event.type === "open") server.accept(PsDictionary.of({ PSVersionTable: versionTable() }));
  if (event.type !== "pipeline") return;
  for (const { value } of event.request.statements[0]?.[0]?.arguments ?? []) {
    event.pipeline.output(value instanceof SecureString ? value.reveal() : value);
  }
  event.pipeline.output(new SecureString(TOP_SECRET));
  event.pipeline.output("last");
  event.pipeline.complete();
}

function outputs(ends: Ends): PsValue[] {
  return ends.clientEvents.flatMap((event) =>
    event.type === "output" ? [event.value instanceof SecureString ? event.value.reveal() : event.value] : [],
  );
}

function converse(clientVersion: string, serverVersion: string, args: Record<string, PsValue>): Ends {
  const ends = makeEnds(
    { protocolVersion: clientVersion, sessionKeys: sessionKeys() },
    { protocolVersion: serverVersion, sessionKeys: sessionKeys() },
  );
  ends.client.open();
  run(ends, serve);
  ends.client.createPipeline(pipelineId(1), command("Test-Secret", args));
  run(ends, serve);
  return ends;
}

describe("secrets at protocol 2.4 ([MS-PSRP] 2.2.5.1.24, PowerShell 7.6)", () => {
  it("travel without a key", () => {
    const ends = converse("2.4", "2.4", { Password: new SecureString("top secret") });
    expect(outputs(ends)).toEqual(["top secret", TOP_SECRET, "last"]);
    expect([...messages(ends.clientActions, "server"), ...messages(ends.serverActions, "client")].join()).not.toContain("KEY");
  });
});

describe.each([
  ["2.3", "2.4"],
  ["2.2", "2.4"],
  ["2.1", "2.4"],
  ["2.4", "2.3"],
  ["2.4", "2.1"],
])("secrets between a client of %s and a server of %s ([MS-PSRP] 3.1.5.4.3 to 3.1.5.4.5)", (clientVersion, serverVersion) => {
  it("wait for the key that the client asks for, in order", () => {
    const ends = converse(clientVersion, serverVersion, { Password: new SecureString("top secret") });
    expect(outputs(ends)).toEqual(["top secret", TOP_SECRET, "last"]);
    expect(messages(ends.clientActions, "server")).toEqual(["SESSION_CAPABILITY", "INIT_RUNSPACEPOOL", "PUBLIC_KEY", "CREATE_PIPELINE"]);
    expect(messages(ends.serverActions, "client")).toContain("ENCRYPTED_SESSION_KEY");
    expect(messages(ends.serverActions, "client")).not.toContain("PUBLIC_KEY_REQUEST");
    // Nothing of the secret is on the wire.
    const clear = Buffer.from("top secret", "utf16le").toString("base64");
    for (const action of ends.clientActions) {
      if (action.do === "command" || action.do === "send") expect(Buffer.from(action.bytes).toString("latin1")).not.toContain(clear);
    }
  });

  it("are asked for by the server where it is the first to need the key", () => {
    const ends = converse(clientVersion, serverVersion, { Name: "plain" });
    expect(outputs(ends)).toEqual(["plain", TOP_SECRET, "last"]);
    expect(messages(ends.serverActions, "client").filter((name) => name === "PUBLIC_KEY_REQUEST")).toHaveLength(1);
    expect(messages(ends.clientActions, "server")).toContain("PUBLIC_KEY");
    expect(ends.clientEvents.at(-1)).toMatchObject({ type: "pipeline-ended", state: "Completed" });
  });
});

describe("an end without a source of keys", () => {
  it("refuses to send a secret below 2.4 and stays usable", () => {
    const ends = makeEnds({ protocolVersion: "2.3" });
    ends.client.open();
    run(ends, serve);
    expect(() => ends.client.createPipeline(pipelineId(1), command("X", { Password: new SecureString("s") }))).toThrow(
      "no means to make one",
    );
    ends.client.createPipeline(pipelineId(2), command("Y"));
    expect(ends.client.state).toBe("opened");
  });
});
