import { isFault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { PsDictionary, type PsValue } from "../objects/index.ts";
import { ClientPool } from "./client-pool.ts";
import { Fragmenter, Reassembler } from "./fragment.ts";
import { EMPTY_GUID } from "./guid.ts";
import { NO_HOST } from "./host/host-info.ts";
import { BodyCodec, type MessageBodies } from "./message-body.ts";
import type { MessageName } from "./message-types.ts";
import { decodeEnvelope, encodeEnvelope } from "./message.ts";
import { errorRecord } from "./messages/error-record.ts";
import { createPipelineMessage, script } from "./pipeline-spec.ts";
import { ownCapability } from "./protocol-version.ts";
import type { ServerEvent } from "./server-events.ts";
import type { ServerPipeline } from "./server-pipeline.ts";
import { ServerPool, type ServerPoolOptions } from "./server-pool.ts";
import { makeEnds, pipelineId, POOL_ID, run, type Ends } from "./testing/fake-wire.ts";

const CODEC = new BodyCodec();
let objectId = 1n;

function say<N extends MessageName>(name: N, body: MessageBodies[N], pipeline: string = EMPTY_GUID): Uint8Array {
  const message = encodeEnvelope({ name, to: "server", pool: POOL_ID, pipeline, data: CODEC.encode(name, body) });
  return new Fragmenter(objectId++, message).next(1e9) as Uint8Array;
}

const INIT = { minRunspaces: 1, maxRunspaces: 1, threadOptions: 0, apartmentState: 2, applicationArguments: null, hostInfo: NO_HOST };

/** A test's server: what it was told and what it says, as they come. */
class Server {
  readonly pool: ServerPool;
  readonly pipelines = new Map<string, ServerPipeline>();
  readonly #streams = new Map<string, Reassembler>();
  constructor(options: ServerPoolOptions = {}) {
    this.pool = new ServerPool(options);
  }
  events(): ServerEvent[] {
    const all: ServerEvent[] = [];
    for (let event = this.pool.nextEvent(); event !== undefined; event = this.pool.nextEvent()) {
      all.push(event);
      if (event.type === "pipeline" || event.type === "command-metadata") this.pipelines.set(event.pipeline.id, event.pipeline);
    }
    return all;
  }
  /** Message names and what they say, and the actions between them. */
  says(): unknown[] {
    const all: unknown[] = [];
    for (let action = this.pool.nextAction(); action !== undefined; action = this.pool.nextAction()) {
      if (action.do !== "data") all.push(action.do === "done" ? `done ${Number(action.pipeline.slice(-12))}` : action.do);
      else {
        const key = `${action.pipeline}`;
        const stream = this.#streams.get(key) ?? new Reassembler({ side: "server", maxObjectSize: 1e9 });
        this.#streams.set(key, stream);
        stream.push(action.bytes, (bytes) => {
          const { name, data } = decodeEnvelope(bytes, "client");
          all.push([name, CODEC.decode(name, data)]);
        });
      }
    }
    return all;
  }
  start(id: number, nested = false): void {
    this.pool.receive(
      say("CREATE_PIPELINE", createPipelineMessage({ ...script("x"), isNested: nested }, "2.3"), pipelineId(id)),
      pipelineId(id),
    );
  }
}

function opened(options: ServerPoolOptions = {}, init: Partial<typeof INIT> = {}): Server {
  const server = new Server(options);
  server.pool.receive(say("SESSION_CAPABILITY", ownCapability()));
  server.pool.receive(say("INIT_RUNSPACEPOOL", { ...INIT, ...init }));
  server.pool.accept(PsDictionary.of({}));
  server.events();
  server.says();
  return server;
}

function code(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

function started(server: Server): number[] {
  return server.events().flatMap((event) => (event.type === "pipeline" ? [Number(event.pipeline.id.slice(-12))] : []));
}

describe("opening ([MS-PSRP] 3.2.5.3.1, 3.2.5.3.2)", () => {
  it("answers the capability, waits for the user's word, sends private data before Opened", () => {
    const server = new Server();
    server.pool.receive(say("SESSION_CAPABILITY", ownCapability("2.2")));
    expect(server.says()).toEqual([["SESSION_CAPABILITY", ownCapability("2.2")]]);
    server.pool.receive(say("INIT_RUNSPACEPOOL", INIT));
    expect(server.says()).toEqual([]);
    expect(server.events()).toMatchObject([{ type: "negotiated" }, { type: "open", pool: POOL_ID, request: INIT }]);
    server.pool.accept(null);
    expect(server.says()).toEqual([
      ["APPLICATION_PRIVATE_DATA", { data: null }],
      ["RUNSPACEPOOL_STATE", { state: 2 }],
    ]);
  });

  it("can be without private data", () => {
    const server = new Server();
    server.pool.receive(say("SESSION_CAPABILITY", ownCapability()));
    server.pool.receive(say("INIT_RUNSPACEPOOL", INIT));
    server.says();
    server.pool.accept();
    expect(server.says()).toEqual([["RUNSPACEPOOL_STATE", { state: 2 }]]);
  });

  it("can be refused with a reason", () => {
    const server = new Server();
    server.pool.receive(say("SESSION_CAPABILITY", ownCapability()));
    server.pool.receive(say("INIT_RUNSPACEPOOL", INIT));
    server.says();
    server.pool.refuse(errorRecord({ message: "no", id: "No", category: "PermissionDenied" }));
    expect(server.says()).toMatchObject([
      ["RUNSPACEPOOL_STATE", { state: 5, error: { text: "no", category: { category: 18 } } }],
      "closed",
    ]);
  });

  it("answers a version that it does not speak, and closes", () => {
    const server = new Server();
    server.pool.receive(say("SESSION_CAPABILITY", ownCapability("3.0")));
    expect(server.says()).toEqual([["SESSION_CAPABILITY", ownCapability()], "closed"]);
    expect(server.events()).toMatchObject([{ type: "broken", fault: { code: "server-negotiation-failed" } }]);
  });

  it.each([
    ["INIT_RUNSPACEPOOL first", [say("INIT_RUNSPACEPOOL", INIT)], "message-unexpected"],
    ["a pipeline first", [say("CREATE_PIPELINE", createPipelineMessage(script("x"), "2.3"), pipelineId(1))], "message-unexpected"],
    ["two capabilities", [say("SESSION_CAPABILITY", ownCapability()), say("SESSION_CAPABILITY", ownCapability())], "message-unexpected"],
    [
      "no runspaces",
      [say("SESSION_CAPABILITY", ownCapability()), say("INIT_RUNSPACEPOOL", { ...INIT, minRunspaces: 0 })],
      "runspace-count",
    ],
    [
      "a message for clients",
      [
        new Fragmenter(
          1n,
          encodeEnvelope({ name: "PIPELINE_STATE", to: "client", pool: POOL_ID, pipeline: EMPTY_GUID, data: new Uint8Array(0) }),
        ).next(1e9) as Uint8Array,
      ],
      "message-type-unknown",
    ],
    ["a pipeline's message without a pipeline", [say("PIPELINE_INPUT", 1)], "message-unexpected"],
  ])("breaks at %s", (_, chunks, fault) => {
    const server = new Server();
    for (const chunk of chunks) server.pool.receive(chunk);
    expect(server.events().at(-1)).toMatchObject({ type: "broken", fault: { code: fault } });
    expect(server.says().at(-1)).toBe("closed");
    server.pool.receive(say("SESSION_CAPABILITY", ownCapability()));
    expect(server.says()).toEqual([]);
  });

  it("refuses a pool in a pool, and tells the client why", () => {
    const server = opened();
    server.pool.receive(say("INIT_RUNSPACEPOOL", INIT));
    expect(server.says()).toMatchObject([
      ["RUNSPACEPOOL_STATE", { state: 5, error: { fullyQualifiedErrorId: "runspace-pool-exists" } }],
      "closed",
    ]);
  });
});

describe("runspaces ([MS-PSRP] 3.2.5.3.4 to 3.2.5.3.6)", () => {
  it("are taken by pipelines in order, and freed at their end; the count of free ones follows (pipe-pool-parallel)", () => {
    const server = opened({}, { maxRunspaces: 2 });
    const free = (call: bigint): unknown => {
      server.pool.receive(say("GET_AVAILABLE_RUNSPACES", { call }));
      return server.says().at(-1);
    };
    expect(free(1n)).toEqual(["RUNSPACE_AVAILABILITY", { call: 1n, result: 2 }]);
    for (const id of [1, 2, 3]) server.start(id);
    expect(started(server)).toEqual([1, 2]);
    expect(free(2n)).toEqual(["RUNSPACE_AVAILABILITY", { call: 2n, result: 0 }]);
    server.pipelines.get(pipelineId(2))?.complete();
    expect(started(server)).toEqual([3]);
    server.pipelines.get(pipelineId(1))?.complete();
    expect(free(3n)).toEqual(["RUNSPACE_AVAILABILITY", { call: 3n, result: 1 }]);
  });

  it("are not taken by nested pipelines, which do not wait", () => {
    const server = opened();
    server.start(1);
    server.start(2, true);
    server.start(3);
    expect(started(server)).toEqual([1, 2]);
    server.pipelines.get(pipelineId(2))?.complete();
    expect(started(server)).toEqual([]);
    server.pipelines.get(pipelineId(1))?.complete();
    expect(started(server)).toEqual([3]);
  });

  it("are lent to a pipeline that the user lets run inside another", () => {
    const server = opened();
    server.start(1);
    server.start(2);
    expect(started(server)).toEqual([1]);
    expect([server.pool.runNested(pipelineId(2)), server.pool.runNested(pipelineId(2)), server.pool.runNested(pipelineId(9))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(started(server)).toEqual([2]);
    server.pipelines.get(pipelineId(2))?.complete();
    expect(server.pool.availableRunspaces).toBe(0);
    server.pipelines.get(pipelineId(1))?.complete();
    expect(server.pool.availableRunspaces).toBe(1);
  });

  it("become more at once, and less as pipelines end; senseless sizes are answered with false", () => {
    const server = opened();
    for (const id of [1, 2, 3]) server.start(id);
    expect(started(server)).toEqual([1]);
    server.pool.receive(say("SET_MAX_RUNSPACES", { count: 3, call: 1n }));
    expect(started(server)).toEqual([2, 3]);
    server.pool.receive(say("SET_MIN_RUNSPACES", { count: 2, call: 2n }));
    server.pool.receive(say("SET_MAX_RUNSPACES", { count: 1, call: 3n }));
    server.pool.receive(say("SET_MIN_RUNSPACES", { count: -1, call: 4n }));
    expect(server.says()).toEqual([
      ["RUNSPACE_AVAILABILITY", { call: 1n, result: true }],
      ["RUNSPACE_AVAILABILITY", { call: 2n, result: true }],
      ["RUNSPACE_AVAILABILITY", { call: 3n, result: false }],
      ["RUNSPACE_AVAILABILITY", { call: 4n, result: false }],
    ]);
    expect([server.pool.minRunspaces, server.pool.maxRunspaces]).toEqual([2, 3]);
  });

  it("are reset by the user, who answers", () => {
    const server = opened();
    server.pool.receive(say("RESET_RUNSPACE_STATE", { call: 9n }));
    expect(server.events()).toEqual([{ type: "reset", call: 9n }]);
    server.pool.answerReset(9n, true);
    expect(server.says()).toEqual([["RUNSPACE_AVAILABILITY", { call: 9n, result: true }]]);
  });
});

describe("pipelines ([MS-PSRP] 3.2.5.3.7)", () => {
  it("that wait for a runspace are stopped without having run", () => {
    const server = opened();
    server.start(1);
    server.start(2);
    server.pool.stop(pipelineId(2));
    expect(server.says()).toMatchObject([["PIPELINE_STATE", { state: 3 }], "done 2"]);
    server.pool.stop(pipelineId(1));
    server.pool.stop(pipelineId(1));
    expect(server.events().filter((event) => event.type === "stop")).toEqual([{ type: "stop", pipeline: pipelineId(1) }]);
    expect(server.pipelines.get(pipelineId(1))?.stopping).toBe(true);
  });

  it("say nothing after their end", () => {
    const server = opened();
    server.start(1);
    server.events();
    const pipeline = server.pipelines.get(pipelineId(1)) as ServerPipeline;
    pipeline.complete();
    pipeline.output("late");
    pipeline.complete();
    pipeline.fail(errorRecord({ message: "late", id: "L", category: "NotSpecified" }));
    expect(server.says()).toEqual([["PIPELINE_STATE", { state: 4 }], "done 1"]);
    expect(code(() => pipeline.hostCall("WriteLine2", ["x"]))).toBe("pipeline-state");
  });

  it("get $null as output and input (a message without data)", () => {
    const server = opened();
    server.start(1);
    server.pool.receive(say("PIPELINE_INPUT", null, pipelineId(1)), pipelineId(1));
    expect(server.events().at(-1)).toEqual({ type: "input", pipeline: pipelineId(1), value: null });
    server.pipelines.get(pipelineId(1))?.output(null);
    expect(server.says()).toEqual([["PIPELINE_OUTPUT", null]]);
  });

  it("whose first message is wrong end as failed, and the pool goes on", () => {
    const server = opened();
    const bad = encodeEnvelope({
      name: "CREATE_PIPELINE",
      to: "server",
      pool: POOL_ID,
      pipeline: pipelineId(1),
      data: new TextEncoder().encode('<Obj RefId="0"><MS /></Obj>'),
    });
    server.pool.receive(new Fragmenter(1n, bad).next(1e9) as Uint8Array, pipelineId(1));
    expect(server.says()).toMatchObject([
      ["PIPELINE_STATE", { state: 5, error: { text: "Remoting data is missing PowerShell property." } }],
      "done 1",
    ]);
    server.start(2);
    expect(started(server)).toEqual([2]);
  });

  it("whose fragments are wrong end as failed, and the pool goes on", () => {
    const server = opened();
    server.start(1);
    server.events();
    server.pool.receive(new Uint8Array(40), pipelineId(1));
    expect(server.says()).toMatchObject([
      ["PIPELINE_STATE", { state: 5, error: { fullyQualifiedErrorId: "fragment-object-id" } }],
      "done 1",
    ]);
    expect(server.events()).toEqual([{ type: "stop", pipeline: pipelineId(1) }]);
    server.start(2);
    expect(started(server)).toEqual([2]);
  });

  it("are limited in number, also those that only begin to arrive", () => {
    const server = opened({ maxPipelines: 2 });
    for (const id of [1, 2, 3]) server.start(id);
    expect(server.says()).toMatchObject([["PIPELINE_STATE", { state: 5, error: { fullyQualifiedErrorId: "pipeline-quota" } }], "done 3"]);
    for (const id of [11, 12, 13]) server.pool.receive(Uint8Array.of(0), pipelineId(id));
    expect(server.says()).toMatchObject([["PIPELINE_STATE", { state: 5 }], "done 13"]);
  });

  it("that have ended let pass over what was still on its way, and their ids can be used again (copy-item-session)", () => {
    const server = opened();
    server.start(1);
    server.events();
    const message = encodeEnvelope({
      name: "PIPELINE_INPUT",
      to: "server",
      pool: POOL_ID,
      pipeline: pipelineId(1),
      data: CODEC.encode("PIPELINE_INPUT", "x".repeat(500)),
    });
    const cutter = new Fragmenter(77n, message);
    server.pool.receive(cutter.next(100) as Uint8Array, pipelineId(1));
    server.pipelines.get(pipelineId(1))?.complete();
    server.says();
    server.pool.receive(cutter.next(100) as Uint8Array, pipelineId(1));
    server.pool.receive(say("PIPELINE_INPUT", "whole", pipelineId(1)), pipelineId(1));
    expect([server.says(), server.events()]).toEqual([[], []]);
    server.start(1);
    expect(started(server)).toEqual([1]);
  });

  it("receive no more than the limits allow", () => {
    const server = opened({ limits: { maxObjectSize: 5000, maxPipelineSize: 20_000 } });
    server.start(1);
    const input = (length: number): void => server.pool.receive(say("PIPELINE_INPUT", "x".repeat(length), pipelineId(1)), pipelineId(1));
    for (let i = 0; i < 4; i++) input(3000);
    expect(server.events().filter((event) => event.type === "input")).toHaveLength(4);
    for (let i = 0; i < 3; i++) input(3000);
    expect(server.says()).toMatchObject([
      ["PIPELINE_STATE", { state: 5, error: { fullyQualifiedErrorId: "command-data-too-large" } }],
      "done 1",
    ]);
    server.start(2);
    server.pool.receive(say("PIPELINE_INPUT", "x".repeat(6000), pipelineId(2)), pipelineId(2));
    expect(server.says()).toMatchObject([["PIPELINE_STATE", { state: 5, error: { fullyQualifiedErrorId: "object-too-large" } }], "done 2"]);
  });

  it("call the host under numbers of their own; answers that nobody waits for are let pass over", () => {
    const server = opened();
    server.start(1);
    server.events();
    const pipeline = server.pipelines.get(pipelineId(1)) as ServerPipeline;
    expect(pipeline.hostCall("WriteLine2", ["x"])).toBe(-100n);
    expect(pipeline.hostCall("ReadLine", [])).toBe(1n);
    expect(pipeline.hostCall("ReadLine", [])).toBe(2n);
    const answer = (call: bigint, method: "ReadLine" | "GetName"): void =>
      server.pool.receive(say("PIPELINE_HOST_RESPONSE", { call, method, value: "typed" }, pipelineId(1)), pipelineId(1), "prompt-response");
    for (const [call, method] of [
      [3n, "ReadLine"],
      [2n, "GetName"],
      [2n, "ReadLine"],
      [2n, "ReadLine"],
    ] as const)
      answer(call, method);
    expect(server.events()).toEqual([
      { type: "host-response", pipeline: pipelineId(1), response: { call: 2n, method: "ReadLine", value: "typed" } },
    ]);
    expect(server.pool.hostCall("GetName", [])).toBe(1n);
  });
});

describe("closing ([MS-PSRP] 3.2.5.3.8)", () => {
  it("waits for the pipelines that run, and does not start those that wait", () => {
    const server = opened();
    server.start(1);
    server.start(2);
    server.events();
    server.pool.close();
    expect(server.says()).toMatchObject([["RUNSPACEPOOL_STATE", { state: 4 }], ["PIPELINE_STATE", { state: 3 }], "done 2"]);
    expect(server.events().map(({ type }) => type)).toEqual(["closing", "stop"]);
    server.pipelines.get(pipelineId(1))?.stopped(null);
    expect(server.says()).toEqual([["PIPELINE_STATE", { state: 3 }], "done 1", ["RUNSPACEPOOL_STATE", { state: 3 }], "closed"]);
    expect(server.events()).toEqual([{ type: "closed" }]);
  });

  it("can be forced", () => {
    const server = opened();
    server.start(1);
    server.events();
    server.pool.abort();
    expect(server.says().at(-1)).toBe("closed");
    expect(server.pool.state).toBe("closed");
  });

  it("before anything was opened says nothing but that", () => {
    const server = new Server();
    server.pool.close();
    expect(server.says()).toEqual(["closed"]);
  });
});

/** Ends whose client has left: the pool is disconnected while a pipeline runs. */
function left(): { ends: Ends; pipeline: ServerPipeline; serve: (event: ServerEvent, server: ServerPool) => void } {
  let held: ServerPipeline | undefined;
  const serve = (event: ServerEvent, server: ServerPool): void => {
    if (event.type === "open") server.accept(PsDictionary.of({ Name: "kept" }));
    if (event.type === "pipeline") held = event.pipeline;
  };
  const ends = makeEnds({ minRunspaces: 1, maxRunspaces: 3 });
  ends.client.open();
  run(ends, serve);
  ends.client.createPipeline(pipelineId(1), script("x"));
  run(ends, serve);
  ends.client.disconnect();
  run(ends, serve);
  return { ends, pipeline: held as ServerPipeline, serve };
}

function outputs(ends: Ends): PsValue[] {
  return ends.clientEvents.flatMap((event) => (event.type === "output" ? [event.value] : []));
}

describe("disconnect, reconnect, connect ([MS-PSRP] 3.1.5.3.21 to 3.1.5.3.23; [MS-WSMV] 3.1.4.14 to 3.1.4.16)", () => {
  it("the same client takes up where it was", () => {
    const { ends, pipeline, serve } = left();
    expect([ends.client.state, ends.server.state]).toEqual(["disconnected", "disconnected"]);
    expect(code(() => ends.client.createPipeline(pipelineId(2), script("y")))).toBe("runspace-pool-state");
    ends.client.reconnect();
    run(ends, serve);
    expect(ends.client.state).toBe("opened");
    pipeline.output("after");
    pipeline.complete();
    run(ends, serve);
    expect(outputs(ends)).toEqual(["after"]);
  });

  it("another client takes the pool over: its size, its private data, its pipeline's output", () => {
    const { ends, pipeline, serve } = left();
    const other: Ends = { ...ends, client: new ClientPool({ id: POOL_ID }), clientEvents: [], clientActions: [], serverActions: [] };
    other.client.connect();
    run(other, serve);
    expect(other.clientEvents.map(({ type }) => type)).toEqual(["negotiated", "runspaces", "opened", "private-data"]);
    expect([other.client.minRunspaces, other.client.maxRunspaces]).toEqual([1, 3]);
    expect(other.client.privateData?.get("Name")).toBe("kept");
    expect(other.serverEvents.at(-1)).toMatchObject({ type: "connected" });
    other.client.connectPipeline(pipelineId(1));
    run(other, serve);
    pipeline.output("for the other");
    pipeline.complete();
    run(other, serve);
    expect(outputs(other)).toEqual(["for the other"]);
    expect(other.clientEvents.at(-1)).toMatchObject({ type: "pipeline-ended", state: "Completed" });
    expect(other.clientActions.map((action) => action.do)).toEqual(["connect", "connect-command", "terminate"]);
  });

  const request = (pool: string, capability = ownCapability(), body: MessageBodies["CONNECT_RUNSPACEPOOL"] = {}): Uint8Array => {
    const parts = (["SESSION_CAPABILITY", "CONNECT_RUNSPACEPOOL"] as const).map((name, i) => {
      const data = name === "SESSION_CAPABILITY" ? CODEC.encode(name, capability) : CODEC.encode(name, body);
      return new Fragmenter(BigInt(i + 1), encodeEnvelope({ name, to: "server", pool, pipeline: EMPTY_GUID, data })).next(
        1e9,
      ) as Uint8Array;
    });
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  };

  it.each([
    ["another pool's id", request(pipelineId(7)), "connect-input-invalid"],
    ["a version without disconnection", request(POOL_ID, ownCapability("2.1")), "connect-negotiation-failed"],
    ["another size", request(POOL_ID, ownCapability(), { minRunspaces: 2, maxRunspaces: 2 }), "connect-pool-mismatch"],
    ["a size that is none", request(POOL_ID, ownCapability(), { minRunspaces: 4, maxRunspaces: 3 }), "connect-input-invalid"],
    ["half a request", request(POOL_ID).subarray(0, 250), "connect-input-invalid"],
    ["nothing", new Uint8Array(0), "connect-input-invalid"],
    ["what is no fragment", new Uint8Array(500), "connect-input-invalid"],
  ])("refuses a client with %s, and keeps the pool", (_, bytes, fault) => {
    const { ends } = left();
    expect(code(() => ends.server.connect(bytes))).toBe(fault);
    expect(ends.server.state).toBe("disconnected");
    expect(ends.server.connect(request(POOL_ID)).length).toBeGreaterThan(200);
  });

  it("refuses to connect to a pool that is not open", () => {
    expect(code(() => new ServerPool().connect(request(POOL_ID)))).toBe("connect-state-invalid");
  });

  it("does not take the request on the stream", () => {
    const server = opened();
    server.pool.receive(request(POOL_ID));
    expect(server.events().at(-1)).toMatchObject({ type: "broken", fault: { code: "message-unexpected" } });
  });
});
