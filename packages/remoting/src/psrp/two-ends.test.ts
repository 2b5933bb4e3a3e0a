import { describe, expect, it } from "vitest";
import { PsDictionary, PsObject, type PsValue } from "../objects/index.ts";
import { versionTable } from "./client-pool.ts";
import type { ClientEvent } from "./client-events.ts";
import { errorRecord } from "./messages/error-record.ts";
import { command, script } from "./pipeline-spec.ts";
import type { ServerEvent } from "./server-events.ts";
import type { ServerPool } from "./server-pool.ts";
import { makeEnds, pipelineId, run, type Cut, type Ends } from "./testing/fake-wire.ts";

const CUTS: readonly Cut[] = ["whole", "byte by byte", "uneven"];

/** A server that opens the pool and runs `act` for each pipeline. */
function serving(act: (event: ServerEvent & { type: "pipeline" }) => void) {
  return (event: ServerEvent, server: ServerPool): void => {
    if (event.type === "open") server.accept(PsDictionary.of({ PSVersionTable: versionTable() }));
    if (event.type === "pipeline") act(event);
  };
}

function types(events: readonly ClientEvent[]): string[] {
  return events.map((event) => event.type);
}

function outputs(ends: Ends): PsValue[] {
  return ends.clientEvents.flatMap((event) => (event.type === "output" ? [event.value] : []));
}

describe.each(CUTS)("two ends, bytes %s", (cut) => {
  it("open a pool: capability, private data, opened ([MS-PSRP] 3.1.5.3.1)", () => {
    const ends = makeEnds();
    ends.client.open();
    run(
      ends,
      serving(() => undefined),
      cut,
    );
    expect(types(ends.clientEvents)).toEqual(["negotiated", "private-data", "opened"]);
    expect(ends.client.state).toBe("opened");
    expect(ends.server.state).toBe("opened");
    expect(ends.client.announcedVersion).toBe("2.4");
  });

  it("run a command: its arguments arrive, its outputs come back in order, it is terminated ([MS-PSRP] 3.1.5.3.3)", () => {
    const ends = makeEnds();
    const seen: unknown[] = [];
    const serve = serving(({ pipeline, request }) => {
      const [given] = request.statements[0] ?? [];
      seen.push(given?.text, given?.arguments);
      pipeline.output("one");
      pipeline.output(2);
      pipeline.output(PsObject.of({ Name: "alice" }));
      pipeline.complete();
    });
    ends.client.open();
    run(ends, serve, cut);
    const pipeline = ends.client.createPipeline(pipelineId(1), command("Get-Thing", { Name: "alice", Count: 3 }));
    run(ends, serve, cut);
    expect(seen).toEqual([
      "Get-Thing",
      [
        { name: "Name", value: "alice" },
        { name: "Count", value: 3 },
      ],
    ]);
    expect(outputs(ends).slice(0, 2)).toEqual(["one", 2]);
    expect((outputs(ends)[2] as PsObject).get("name")).toBe("alice");
    expect(ends.clientEvents.at(-1)).toEqual({ type: "pipeline-ended", pipeline: pipelineId(1), state: "Completed" });
    expect(pipeline.ended).toBe(true);
    expect(ends.clientActions.map((action) => action.do)).toEqual(["create", "command", "terminate"]);
    expect(ends.serverActions.at(-1)).toEqual({ do: "done", pipeline: pipelineId(1) });
  });

  it("cut messages over the fragment size, the first fragment with the command ([MS-PSRP] 2.2.4, [MS-WSMV] 3.1.4.11)", () => {
    const ends = makeEnds();
    const big = "x".repeat(100_000);
    const serve = serving(({ pipeline, request }) => {
      pipeline.output(request.statements[0]?.[0]?.text ?? "");
      pipeline.complete();
    });
    ends.client.setFragmentSize(10_000);
    ends.server.setFragmentSize(5000);
    ends.client.open();
    run(ends, serve, cut);
    ends.client.createPipeline(pipelineId(1), script(big));
    run(ends, serve, cut);
    expect(outputs(ends)).toEqual([big]);
    const doing = ends.clientActions.map((action) => action.do);
    expect(doing.slice(0, 3)).toEqual(["create", "command", "send"]);
    expect(doing.filter((name) => name === "command")).toHaveLength(1);
    for (const action of ends.serverActions) if (action.do === "data") expect(action.bytes.length).toBeLessThanOrEqual(5000);
  });

  it("feed a pipeline: inputs, then their end ([MS-PSRP] 3.1.5.3.4)", () => {
    const ends = makeEnds();
    const serve = (event: ServerEvent, server: ServerPool): void => {
      serving(() => undefined)(event, server);
      if (event.type === "pipeline") held = event.pipeline;
      if (event.type === "input") held?.output(event.value);
      if (event.type === "input-end") held?.complete();
    };
    let held: (ServerEvent & { type: "pipeline" })["pipeline"] | undefined;
    ends.client.open();
    run(ends, serve, cut);
    const pipeline = ends.client.createPipeline(pipelineId(1), { ...command("Set-Thing"), input: true });
    pipeline.input(1);
    pipeline.input("two");
    run(ends, serve, cut);
    expect(outputs(ends)).toEqual([1, "two"]);
    pipeline.endInput();
    run(ends, serve, cut);
    expect(ends.clientEvents.at(-1)).toMatchObject({ type: "pipeline-ended", state: "Completed" });
    expect(() => pipeline.input(3)).toThrow("Cannot send input");
  });

  it("stop a pipeline: its end comes as Stopped with PipelineStopped ([MS-PSRP] 3.1.5.3.5)", () => {
    const ends = makeEnds();
    let held: (ServerEvent & { type: "pipeline" })["pipeline"] | undefined;
    const serve = (event: ServerEvent, server: ServerPool): void => {
      serving(({ pipeline }) => {
        held = pipeline;
      })(event, server);
      if (event.type === "stop") held?.stopped();
    };
    ends.client.open();
    run(ends, serve, cut);
    const pipeline = ends.client.createPipeline(pipelineId(1), script("Start-Sleep 30"));
    run(ends, serve, cut);
    pipeline.stop();
    pipeline.stop();
    run(ends, serve, cut);
    expect(ends.clientActions.filter((action) => action.do === "stop")).toHaveLength(1);
    expect(ends.clientEvents.at(-1)).toMatchObject({
      type: "pipeline-ended",
      state: "Stopped",
      error: { fullyQualifiedErrorId: "PipelineStopped" },
    });
    expect(ends.client.state).toBe("opened");
  });

  it("close: Closing, then Closed ([MS-PSRP] 3.2.5.3.8)", () => {
    const ends = makeEnds();
    ends.client.open();
    run(
      ends,
      serving(() => undefined),
      cut,
    );
    ends.client.close();
    run(
      ends,
      serving(() => undefined),
      cut,
    );
    expect(types(ends.clientEvents).slice(3)).toEqual(["closing", "closed"]);
    expect(ends.server.state).toBe("closed");
    expect(ends.serverActions.at(-1)).toEqual({ do: "closed" });
  });

  it("end a pipeline by an error: Failed with the record ([MS-PSRP] 2.2.2.21)", () => {
    const ends = makeEnds();
    const serve = serving(({ pipeline }) => {
      pipeline.error(errorRecord({ message: "not fatal", id: "A,B", category: "InvalidData" }));
      pipeline.fail(
        errorRecord({ message: "no such thing", id: "CommandNotFoundException", category: "ObjectNotFound", targetName: "Get-X" }),
      );
    });
    ends.client.open();
    run(ends, serve, cut);
    ends.client.createPipeline(pipelineId(1), command("Get-X"));
    run(ends, serve, cut);
    expect(ends.clientEvents.at(-2)).toMatchObject({ type: "error", record: { text: "not fatal", category: { category: 6 } } });
    expect(ends.clientEvents.at(-1)).toMatchObject({
      type: "pipeline-ended",
      state: "Failed",
      error: { text: "no such thing", fullyQualifiedErrorId: "CommandNotFoundException", category: { category: 13, targetName: "Get-X" } },
    });
  });
});
