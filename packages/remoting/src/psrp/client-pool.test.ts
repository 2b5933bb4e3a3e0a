import { isFault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { PsDictionary, SecureString, Version } from "../objects/index.ts";
import type { ClientEvent } from "./client-events.ts";
import { ClientPool, versionTable } from "./client-pool.ts";
import { Fragmenter } from "./fragment.ts";
import { EMPTY_GUID } from "./guid.ts";
import type { HostCall } from "./host/host-methods.ts";
import { BodyCodec, type MessageBodies } from "./message-body.ts";
import type { MessageName } from "./message-types.ts";
import { encodeEnvelope } from "./message.ts";
import { command, script } from "./pipeline-spec.ts";
import { ownCapability } from "./protocol-version.ts";
import { pipelineId, POOL_ID } from "./testing/fake-wire.ts";

const CODEC = new BodyCodec();
let objectId = 100n;

/** A message of a server, as one fragment. */
function say<N extends MessageName>(name: N, body: MessageBodies[N], pipeline: string = EMPTY_GUID): Uint8Array {
  const message = encodeEnvelope({ name, to: "client", pool: POOL_ID, pipeline, data: CODEC.encode(name, body) });
  return new Fragmenter(objectId++, message).next(1e9) as Uint8Array;
}

function events(pool: ClientPool): ClientEvent[] {
  const all: ClientEvent[] = [];
  for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) all.push(event);
  return all;
}

function actions(pool: ClientPool): string[] {
  const all: string[] = [];
  for (let action = pool.nextAction(); action !== undefined; action = pool.nextAction()) {
    all.push("pipeline" in action && action.pipeline !== undefined ? `${action.do} ${Number(action.pipeline.slice(-12))}` : action.do);
  }
  return all;
}

function opened(privateData: PsDictionary | null = PsDictionary.of({ PSVersionTable: versionTable() })): ClientPool {
  const pool = new ClientPool({ id: POOL_ID });
  pool.open();
  actions(pool);
  pool.receive(say("SESSION_CAPABILITY", ownCapability()));
  pool.receive(say("APPLICATION_PRIVATE_DATA", { data: privateData }));
  pool.receive(say("RUNSPACEPOOL_STATE", { state: 2 }));
  events(pool);
  return pool;
}

function code(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

describe("a client pool takes from a server what PowerShell's takes (process.md section 3)", () => {
  it.each([
    ["RUNSPACEPOOL_STATE before the capability", say("RUNSPACEPOOL_STATE", { state: 2 })],
    ["APPLICATION_PRIVATE_DATA before the capability", say("APPLICATION_PRIVATE_DATA", { data: null })],
    ["a message too short to be one", new Fragmenter(1n, new Uint8Array(3)).next(100) as Uint8Array],
    ["output of a pipeline that is not there", say("PIPELINE_OUTPUT", "x", pipelineId(9))],
  ])("lets pass over %s, and waits on", (_, bytes) => {
    const pool = new ClientPool({ id: POOL_ID });
    pool.open();
    pool.receive(bytes);
    expect(events(pool)).toEqual([]);
    expect(pool.state).toBe("opening");
  });

  it.each([
    ["another protocol", say("SESSION_CAPABILITY", ownCapability("3.0")), "client-negotiation-failed"],
    [
      "a message for servers",
      new Fragmenter(
        1n,
        encodeEnvelope({ name: "CREATE_PIPELINE", to: "server", pool: POOL_ID, pipeline: EMPTY_GUID, data: new Uint8Array(1) }),
      ).next(1e9) as Uint8Array,
      "message-type-unknown",
    ],
    [
      "a capability that is no CLIXML",
      new Fragmenter(
        1n,
        encodeEnvelope({
          name: "SESSION_CAPABILITY",
          to: "client",
          pool: EMPTY_GUID,
          pipeline: EMPTY_GUID,
          data: new TextEncoder().encode("<Obj><MS>"),
        }),
      ).next(1e9) as Uint8Array,
      "clixml-",
    ],
    [
      "a capability without a version",
      new Fragmenter(
        1n,
        encodeEnvelope({
          name: "SESSION_CAPABILITY",
          to: "client",
          pool: EMPTY_GUID,
          pipeline: EMPTY_GUID,
          data: new TextEncoder().encode('<Obj RefId="0"><MS /></Obj>'),
        }),
      ).next(1e9) as Uint8Array,
      "property-missing",
    ],
  ])("breaks at %s, and asks the carrier to close", (_, bytes, fault) => {
    const pool = new ClientPool({ id: POOL_ID });
    pool.open();
    actions(pool);
    pool.receive(bytes);
    const [broken] = events(pool);
    expect(broken).toMatchObject({ type: "broken" });
    expect((broken as ClientEvent & { type: "broken" }).fault.code).toContain(fault);
    expect(pool.state).toBe("broken");
    expect(actions(pool)).toEqual(["delete"]);
    pool.receive(say("SESSION_CAPABILITY", ownCapability()));
    expect(events(pool)).toEqual([]);
  });

  it("ends a pipeline whose data cannot be read, and that one alone", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("a"));
    pool.createPipeline(pipelineId(2), script("b"));
    actions(pool);
    const broken = encodeEnvelope({
      name: "PIPELINE_HOST_CALL",
      to: "client",
      pool: POOL_ID,
      pipeline: pipelineId(1),
      data: new TextEncoder().encode("<S>no call</S>"),
    });
    pool.receive(new Fragmenter(7n, broken).next(1e9) as Uint8Array, pipelineId(1));
    expect(events(pool)).toMatchObject([
      { type: "pipeline-ended", pipeline: pipelineId(1), state: "Failed", fault: { code: "message-body-type" } },
    ]);
    expect(actions(pool)).toEqual(["terminate 1"]);
    pool.receive(say("PIPELINE_OUTPUT", 5, pipelineId(2)), pipelineId(2));
    expect(events(pool)).toEqual([{ type: "output", pipeline: pipelineId(2), value: 5 }]);
  });

  it("ignores what comes for a pipeline after its end", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("a"));
    pool.receive(say("PIPELINE_STATE", { state: 4 }, pipelineId(1)), pipelineId(1));
    events(pool);
    pool.receive(say("PIPELINE_OUTPUT", 5, pipelineId(1)), pipelineId(1));
    pool.receive(say("PIPELINE_STATE", { state: 5 }, pipelineId(1)), pipelineId(1));
    expect(events(pool)).toEqual([]);
  });

  it("tells why the server broke the pool", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("a"));
    const error = {
      text: "no more of this",
      exception: null,
      targetObject: null,
      fullyQualifiedErrorId: "X",
      category: { category: 7, activity: "", reason: "", targetName: "", targetType: "", message: "" },
      invocation: null,
    };
    pool.receive(say("RUNSPACEPOOL_STATE", { state: 5, error }));
    expect(events(pool)).toMatchObject([
      { type: "pipeline-ended", pipeline: pipelineId(1), state: "Failed" },
      {
        type: "broken",
        fault: { code: "runspace-pool-broken", message: "The remote session ended: no more of this" },
        error: { fullyQualifiedErrorId: "X" },
      },
    ]);
  });
});

describe("pipelines", () => {
  it("say where streams go as far as the server announced to understand it ([MS-PSRP] 2.2.3.12)", () => {
    const fields = (privateData: PsDictionary | null): string[] => {
      const pool = opened(privateData);
      pool.createPipeline(pipelineId(1), command("X"));
      const action = pool.nextAction();
      const text = action !== undefined && "bytes" in action ? new TextDecoder().decode(action.bytes) : "";
      return [...text.matchAll(/N="(Merge[A-Za-z]+)"/g)].map((match) => match[1] as string);
    };
    const announce = (version: string): PsDictionary =>
      PsDictionary.of({ PSVersionTable: PsDictionary.of({ PSRemotingProtocolVersion: new Version(version) }) });
    const old = ["MergeMyResult", "MergeToResult", "MergePreviousResults"];
    expect(fields(null)).toEqual(old);
    expect(fields(announce("2.1"))).toEqual(old);
    expect(fields(announce("2.2"))).toEqual([...old, "MergeError", "MergeWarning", "MergeVerbose", "MergeDebug"]);
    expect(fields(announce("2.3"))).toEqual([...old, "MergeError", "MergeWarning", "MergeVerbose", "MergeDebug", "MergeInformation"]);
  });

  it("that are stopped before they left are never sent", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("a")).stop();
    expect(actions(pool)).toEqual([]);
    expect(events(pool)).toEqual([{ type: "pipeline-ended", pipeline: pipelineId(1), state: "Stopped" }]);
  });

  it("that the server cuts off by closing the pool end with a fault, and those that our own close ends do not", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("a"));
    pool.deleted();
    expect(events(pool)).toMatchObject([
      { type: "pipeline-ended", state: "Stopped", fault: { code: "session-closed" } },
      { type: "closed" },
    ]);
    const own = opened();
    own.createPipeline(pipelineId(1), script("a"));
    own.close();
    own.deleted();
    expect(events(own).filter((event) => "fault" in event)).toEqual([]);
  });

  it("that are stopped drop the input that waits, but not the command that is on its way", () => {
    const pool = opened();
    pool.setFragmentSize(500);
    const pipeline = pool.createPipeline(pipelineId(1), { ...script("a"), input: true });
    expect(pool.nextAction()).toMatchObject({ do: "command" });
    pipeline.input("x".repeat(100_000));
    pipeline.stop();
    const rest = actions(pool);
    expect(rest.at(-1)).toBe("stop 1");
    expect(rest.length).toBeGreaterThan(1);
    expect(rest.length).toBeLessThan(10);
    expect(pool.queuedBytes).toBe(0);
  });

  it("that are given up are closed, and their input that waits is dropped", () => {
    const pool = opened();
    const pipeline = pool.createPipeline(pipelineId(1), { ...script("a"), input: true });
    expect(actions(pool)).toEqual(["command 1"]);
    pipeline.input("x");
    expect(pool.queuedBytes).toBeGreaterThan(0);
    pipeline.terminate();
    expect(pool.queuedBytes).toBe(0);
    expect(actions(pool)).toEqual(["terminate 1"]);
  });

  it("need an id of their own, and an open pool", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("a"));
    expect(code(() => pool.createPipeline(pipelineId(1), script("b")))).toBe("pipeline-exists");
    pool.close();
    expect(code(() => pool.createPipeline(pipelineId(2), script("b")))).toBe("runspace-pool-state");
    expect(code(() => new ClientPool({ id: "x" }))).toBe("guid-invalid");
    expect(code(() => new ClientPool({ id: POOL_ID, minRunspaces: 2, maxRunspaces: 1 }))).toBe("runspace-count");
  });
});

describe("host calls ([MS-PSRP] 3.1.5.3.16)", () => {
  it("are answered on the stream for prompts, before what waits", () => {
    const pool = opened();
    const pipeline = pool.createPipeline(pipelineId(1), { ...script("Read-Host"), input: true });
    actions(pool);
    pipeline.input("waits");
    pool.receive(say("PIPELINE_HOST_CALL", { call: 1n, method: "ReadLineAsSecureString", arguments: [] }, pipelineId(1)), pipelineId(1));
    const [asked] = events(pool) as [ClientEvent & { type: "host-call" }];
    expect(asked).toEqual({
      type: "host-call",
      pipeline: pipelineId(1),
      call: { call: 1n, method: "ReadLineAsSecureString", arguments: [] },
    });
    pool.answerHostCall(pipelineId(1), asked.call as HostCall & { method: "ReadLineAsSecureString" }, { value: new SecureString("s") });
    expect([pool.nextAction(), pool.nextAction()]).toMatchObject([
      { do: "send", pipeline: pipelineId(1), stream: "prompt-response" },
      { do: "send", pipeline: pipelineId(1), stream: "default" },
    ]);
  });

  it("are answered once, and not after their pipeline's end", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("x"));
    const call: HostCall & { method: "ReadLine" } = { call: 1n, method: "ReadLine", arguments: [] };
    pool.receive(say("PIPELINE_HOST_CALL", call, pipelineId(1)), pipelineId(1));
    pool.receive(say("PIPELINE_HOST_CALL", { ...call, call: 2n }, pipelineId(1)), pipelineId(1));
    pool.answerHostCall(pipelineId(1), call, { value: "a" });
    expect(code(() => pool.answerHostCall(pipelineId(1), call, { value: "b" }))).toBe("host-call-unknown");
    pool.receive(say("PIPELINE_STATE", { state: 4 }, pipelineId(1)), pipelineId(1));
    expect(code(() => pool.answerHostCall(pipelineId(1), { ...call, call: 2n }, { value: "b" }))).toBe("host-call-unknown");
  });
});

describe("the pool's own calls ([MS-PSRP] 3.1.4.5 to 3.1.4.8)", () => {
  it("refuse sizes that make no sense without asking (pipe-pool-set)", () => {
    const pool = opened();
    expect([
      pool.setMaxRunspaces(0),
      pool.setMaxRunspaces(1),
      pool.setMinRunspaces(2),
      pool.setMinRunspaces(0),
      pool.setMinRunspaces(1),
    ]).toEqual(Array(5).fill(false));
    expect(pool.setMaxRunspaces(5)).toBe(1n);
    pool.receive(say("RUNSPACE_AVAILABILITY", { call: 1n, result: true }));
    expect(pool.maxRunspaces).toBe(5);
    expect(pool.getAvailableRunspaces()).toBe(2n);
  });

  it("reset a runspace only where the server announced 2.3 or later", () => {
    expect(code(() => opened(null).resetRunspaceState())).toBe("reset-unsupported");
    expect(opened().resetRunspaceState()).toBe(1n);
  });
});

describe("closing", () => {
  it("ends all pipelines, deletes once, and is over when the server or the carrier says so", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("a"));
    actions(pool);
    pool.close();
    pool.close();
    expect(actions(pool)).toEqual(["terminate 1", "delete"]);
    pool.receive(say("RUNSPACEPOOL_STATE", { state: 4 }));
    pool.receive(say("RUNSPACEPOOL_STATE", { state: 3 }));
    pool.deleted();
    expect(events(pool).map(({ type }) => type)).toEqual(["pipeline-ended", "closing", "closed"]);
    expect(actions(pool)).toEqual([]);
  });

  it("of a pool that was never opened says nothing to anybody", () => {
    const pool = new ClientPool({ id: POOL_ID });
    pool.close();
    expect(actions(pool)).toEqual([]);
    expect(events(pool)).toEqual([{ type: "closed" }]);
  });

  it("by the server ends the pipelines and the carrier's shell", () => {
    const pool = opened();
    pool.createPipeline(pipelineId(1), script("a"));
    actions(pool);
    pool.receive(say("RUNSPACEPOOL_STATE", { state: 3 }));
    expect(events(pool).map(({ type }) => type)).toEqual(["pipeline-ended", "closed"]);
    expect(actions(pool)).toEqual(["delete"]);
  });
});
