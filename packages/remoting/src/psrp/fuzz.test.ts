/**
 * Anything that arrives works or ends in one of our faults: never another error, never a hang, and the next pool is as
 * healthy as the first. The inputs are real conversations with bytes, fragments and messages changed, by a seeded chance.
 */
import { isFault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { PsDictionary } from "../objects/index.ts";
import { ClientPool, versionTable } from "./client-pool.ts";
import { Fragmenter } from "./fragment.ts";
import { EMPTY_GUID } from "./guid.ts";
import { MESSAGES, type MessageName } from "./message-types.ts";
import { encodeEnvelope } from "./message.ts";
import { command } from "./pipeline-spec.ts";
import type { ServerEvent } from "./server-events.ts";
import { ServerPool } from "./server-pool.ts";
import { makeEnds, pipelineId, POOL_ID, run } from "./testing/fake-wire.ts";

/** Chance that a failure can be repeated with: xorshift. */
function chance(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

interface Piece {
  pipeline: string | undefined;
  bytes: Uint8Array;
}

/** What both sides say in a conversation with most kinds of messages. */
function conversation(): { toServer: Piece[]; toClient: Piece[] } {
  const ends = makeEnds();
  const serve = (event: ServerEvent, server: ServerPool): void => {
    if (event.type === "open") server.accept(PsDictionary.of({ PSVersionTable: versionTable() }));
    if (event.type === "pipeline") {
      event.pipeline.output("text");
      event.pipeline.warning({ message: "w" });
      event.pipeline.hostCall("Prompt", ["c", "m", []]);
      event.pipeline.hostCall("SetBufferSize", [{ width: 1, height: 2 }]);
      event.pipeline.complete();
    }
  };
  ends.client.open();
  run(ends, serve);
  const pipeline = ends.client.createPipeline(pipelineId(1), { ...command("Get-Thing", { Name: "x" }), input: true });
  pipeline.input(5);
  pipeline.endInput();
  run(ends, serve);
  ends.client.getAvailableRunspaces();
  run(ends, serve);
  ends.client.close();
  run(ends, serve);
  const pieces = (actions: readonly { do: string }[]): Piece[] =>
    actions.flatMap((action) =>
      "bytes" in action ? [{ pipeline: (action as { pipeline?: string }).pipeline, bytes: action.bytes as Uint8Array }] : [],
    );
  return { toServer: pieces(ends.clientActions), toClient: pieces(ends.serverActions) };
}

/** A message of any type with any text, in order with its neighbours. */
function invented(random: (below: number) => number, to: "client" | "server", objectId: bigint): Piece {
  const names = (Object.keys(MESSAGES) as MessageName[]).filter((name) => MESSAGES[name].to === to || MESSAGES[name].to === "both");
  const name = names[random(names.length)] as MessageName;
  const texts = [
    "",
    "<Nil />",
    "<S>x</S>",
    "<I32>1</I32>",
    '<Obj RefId="0"><MS /></Obj>',
    '<Obj RefId="0"><MS><I64 N="ci">1</I64><I32 N="mi">23</I32><Nil N="mp" /></MS></Obj>',
    "<Obj>",
    '<Obj RefId="0"><MS><I32 N="MinRunspaces">-5</I32><I32 N="MaxRunspaces">0</I32></MS></Obj>',
  ];
  const scoped = MESSAGES[name].scope === "pipeline";
  const pipeline = scoped ? pipelineId(random(3)) : EMPTY_GUID;
  const data = new TextEncoder().encode(texts[random(texts.length)]);
  const bytes = new Fragmenter(objectId, encodeEnvelope({ name, to, pool: POOL_ID, pipeline, data })).next(1e9) as Uint8Array;
  return { pipeline: scoped ? pipeline : undefined, bytes };
}

function damage(pieces: readonly Piece[], random: (below: number) => number, to: "client" | "server"): Piece[] {
  const out = pieces.map(({ pipeline, bytes }): Piece => ({ pipeline, bytes: bytes.slice() }));
  for (let times = random(4); times >= 0; times--) {
    const at = random(out.length);
    const piece = out[at] as Piece;
    const action = random(7);
    if (action === 0) piece.bytes[random(piece.bytes.length)] = random(256);
    if (action === 1) piece.bytes = piece.bytes.subarray(0, random(piece.bytes.length));
    if (action === 2) out.splice(at, 0, { ...piece });
    if (action === 3 && out.length > 1) out.splice(at, 1);
    if (action === 4) out.splice(random(out.length), 0, ...out.splice(at, 1));
    if (action === 5) out.splice(at, 0, invented(random, to, BigInt(1000 + times)));
    // In the header of the fragment, where a change weighs most.
    if (action === 6) piece.bytes[random(Math.min(61, piece.bytes.length))] = random(256);
  }
  return out;
}

const RUNS = Number(process.env["TIELINE_FUZZ_RUNS"] ?? "1500");
const { toServer, toClient } = conversation();

/** Runs `act` and gives what it threw that is no fault of ours. */
function defect(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return isFault(error) && error.code !== "internal" ? undefined : error;
  }
}

describe("fuzz", () => {
  it("a server pool lives on or breaks by a fault, and says so", () => {
    let accepted = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = chance(seed * 7919);
      const pool = new ServerPool({ maxPipelines: 10 });
      const fault = defect(() => {
        for (const { pipeline, bytes } of damage(toServer, random, "server")) {
          pool.receive(bytes, pipeline);
          for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) {
            if (event.type === "open") pool.accept();
            if (event.type === "pipeline") event.pipeline.complete();
            if (event.type === "broken" && event.fault.code === "internal") throw event.fault.cause;
          }
        }
        while (pool.nextAction() !== undefined);
      });
      expect(fault, `seed ${seed}`).toBeUndefined();
      if (pool.state === "opened") accepted++;
    }
    expect(accepted / RUNS).toBeGreaterThan(0.15);
  });

  it("a client pool lives on, waits or breaks by a fault, and says so", () => {
    let accepted = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = chance(seed * 104_729);
      const pool = new ClientPool({ id: POOL_ID });
      pool.open();
      const fault = defect(() => {
        for (const { pipeline, bytes } of damage(toClient, random, "client")) {
          pool.receive(bytes, pipeline);
          for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) {
            if (event.type === "opened") for (const id of [0, 1, 2]) pool.createPipeline(pipelineId(id), command("X"));
            if ((event.type === "broken" || event.type === "pipeline-ended") && event.fault?.code === "internal") throw event.fault.cause;
          }
          while (pool.nextAction() !== undefined);
        }
      });
      expect(fault, `seed ${seed}`).toBeUndefined();
      if (pool.state !== "broken" && pool.state !== "opening") accepted++;
    }
    expect(accepted / RUNS).toBeGreaterThan(0.15);
  });
});
