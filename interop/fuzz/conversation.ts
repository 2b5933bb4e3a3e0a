/** What an honest client says in a session, message by message; and the damages of PSRP: messages, fragments, their order. */
import { PsDictionary } from "@tieline/remoting/objects";
import {
  ClientPool,
  command,
  DEFAULT_FRAGMENT_SIZE,
  Fragmenter,
  Reassembler,
  ServerPool,
  versionTable,
  type PipelineSpec,
} from "@tieline/remoting/psrp";
import { sessionKeys } from "../../packages/remoting/src/edge/session-keys.ts";
import type { Chance } from "./chance.ts";
import { BOMBS, mutateBytes, mutateXml } from "./mutate.ts";

/** A whole message and where it goes. */
export interface Said {
  pipeline: string | undefined;
  message: Uint8Array;
}

/** Fragments, one or more, or what is left of them. */
export interface Piece {
  pipeline: string | undefined;
  bytes: Uint8Array;
}

export interface Conversation {
  pool: string;
  pipeline: string;
  /** Capability and INIT_RUNSPACEPOOL; the object ids begin at 1. */
  opening: Said[];
  /** Everything after the opening. */
  rest: Said[];
}

const PIPELINES: readonly ((chance: Chance) => PipelineSpec)[] = [
  () => command("Get-CsTenant"),
  // Enough to be cut off in the middle of it.
  () => command("Get-CsOnlineUser"),
  (chance) => command("Get-CsOnlineUser", { ResultSize: chance.below(10) }),
  () => command("Get-CsOnlineUser", { Filter: "DisplayName -like 'A*' -and Enabled -eq $true" }),
  () => ({ statements: [[{ text: "Get-CsOnlineUser" }, { text: "Select-Object", arguments: [{ name: "First", value: 1 }] }]] }),
  () => command("Get-Command", { Name: "Get-Cs*" }),
  () => command("Set-CsUser", { Identity: "nobody", Enabled: true }),
  () => ({ statements: [[{ text: "Measure-Object" }]], input: true }),
  () => ({ statements: [[{ text: "Get-CsTenant; Get-Process", isScript: true }]] }),
];

/** The pool opens against a server of ours beside it, so that the client knows all it wants to know. */
export function honest(chance: Chance): Conversation {
  const pool = chance.guid();
  const pipeline = chance.guid();
  const client = new ClientPool({ id: pool, sessionKeys: sessionKeys() });
  const server = new ServerPool({ sessionKeys: sessionKeys() });
  client.setFragmentSize(DEFAULT_FRAGMENT_SIZE);
  server.setFragmentSize(DEFAULT_FRAGMENT_SIZE);
  client.open();
  const opening = said(client);
  for (const { bytes } of cut(opening, DEFAULT_FRAGMENT_SIZE)) server.receive(bytes);
  for (let event = server.nextEvent(); event !== undefined; event = server.nextEvent()) {
    if (event.type === "open") server.accept(PsDictionary.of({ PSVersionTable: versionTable() }));
  }
  for (let action = server.nextAction(); action !== undefined; action = server.nextAction()) {
    if (action.do === "data") client.receive(action.bytes, action.pipeline);
  }
  const spec = chance.pick(PIPELINES)(chance);
  if (chance.once(6))
    client.getCommandMetadata(pipeline, {
      names: ["*"],
      commandTypes: 8,
      namespaces: null,
      fullyQualifiedModules: null,
      argumentList: null,
    });
  else {
    const running = client.createPipeline(pipeline, spec);
    if (spec.input === true) {
      for (let i = chance.below(5); i > 0; i--) running.input(i);
      running.endInput();
    }
  }
  if (chance.once(2)) client.getAvailableRunspaces();
  if (chance.once(3)) client.setMaxRunspaces(2);
  return { pool, pipeline, opening, rest: said(client) };
}

function said(client: ClientPool): Said[] {
  const lanes = new Map<string, Reassembler>();
  const all: Said[] = [];
  for (let action = client.nextAction(); action !== undefined; action = client.nextAction()) {
    if (!("bytes" in action)) continue;
    const pipeline = "pipeline" in action ? action.pipeline : undefined;
    const lane = lanes.get(pipeline ?? "") ?? new Reassembler({ side: "server", maxObjectSize: 1e8 });
    lanes.set(pipeline ?? "", lane);
    lane.push(action.bytes, (message) => all.push({ pipeline, message: Uint8Array.from(message) }));
  }
  return all;
}

/** Honest fragments of these messages. */
export function cut(messages: readonly Said[], size: number, firstId = 1): Piece[] {
  return messages.flatMap(({ pipeline, message }, i) => {
    const fragmenter = new Fragmenter(BigInt(firstId + i), message);
    const pieces: Piece[] = [];
    for (let bytes = fragmenter.next(size); bytes !== undefined; bytes = fragmenter.next(size)) pieces.push({ pipeline, bytes });
    return pieces;
  });
}

const HEADER = 40;
/** Fills most of an envelope. */
const LARGE = 300_000;
const FEW = 40;
const SIZES = [22, 100, 1000, 32_768, 32_768, 32_768, LARGE];

/** Damages one of the messages. */
export function damageMessages(messages: readonly Said[], chance: Chance): Said[] {
  const all = messages.map(({ pipeline, message }) => ({ pipeline, message: Uint8Array.from(message) }));
  const at = chance.below(all.length);
  const one = all[at] as Said;
  const body = Buffer.from(one.message.subarray(Math.min(one.message.length, HEADER)))
    .toString("utf8")
    .replace(/^\ufeff/, "");
  const withBody = (text: string): void => {
    one.message = Buffer.concat([one.message.subarray(0, HEADER), Buffer.from(text)]);
  };
  switch (chance.below(9)) {
    case 0:
      one.message = mutateBytes(one.message, chance);
      break;
    case 1:
    case 2:
    case 3:
      withBody(mutateXml(body, chance));
      break;
    case 4: {
      const bomb = BOMBS[chance.pick(Object.keys(BOMBS))] as (scale: number) => string;
      withBody(bomb(chance.once(40) ? 1_000_000 : chance.pick([10, 300, 5000, 30_000])));
      break;
    }
    case 5:
      // Destination, type, pool or pipeline: an id of a stranger, a type of another direction.
      new DataView(one.message.buffer).setUint32(4, chance.pick(TYPES), true);
      break;
    case 6:
      one.message.set(chance.bytes(16), chance.pick([8, 24]));
      break;
    case 7:
      all.splice(at, 1);
      break;
    case 8:
      all.splice(chance.below(all.length + 1), 0, { ...one, message: Uint8Array.from(one.message) });
      break;
  }
  return all;
}

const TYPES = [
  0x00010002, 0x00010004, 0x00010005, 0x00010006, 0x00010007, 0x00010008, 0x00021002, 0x00021003, 0x00021004, 0x00021005, 0x00021006, 0x00021007,
  0x00021008, 0x0002100a, 0x0002100b, 0x0002100c, 0x00021100, 0x00021101, 0x00041002, 0x00041003, 0x00041004, 0x00041005, 0x00041006, 0x00041100, 0, 0xffffffff,
]; // prettier-ignore

/** Damages the fragments or their order. */
export function damagePieces(pieces: readonly Piece[], chance: Chance): Piece[] {
  const all = pieces.map(({ pipeline, bytes }) => ({ pipeline, bytes: Uint8Array.from(bytes) }));
  if (all.length === 0) return all;
  const at = chance.below(all.length);
  const one = all[at] as Piece;
  const view = new DataView(one.bytes.buffer);
  switch (chance.below(9)) {
    case 0:
      one.bytes = one.bytes.subarray(0, chance.below(one.bytes.length));
      break;
    case 1:
      all.splice(at, 1);
      break;
    case 2:
      all.splice(at, 0, { ...one, bytes: Uint8Array.from(one.bytes) });
      break;
    case 3:
      all.splice(chance.below(all.length), 0, ...all.splice(at, 1));
      break;
    case 4:
      view.setUint32(17, chance.pick([0, 1, one.bytes.length, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]));
      break;
    case 5:
      view.setBigUint64(chance.pick([0, 8]), BigInt.asUintN(64, chance.pick([0n, 1n, 2n, -1n, 1n << 62n])));
      break;
    case 6:
      one.bytes[16] = chance.below(256);
      break;
    case 7:
      one.bytes = mutateBytes(one.bytes, chance);
      break;
    case 8:
      one.pipeline = chance.pick([undefined, chance.guid()]);
      break;
  }
  return all;
}

/** A conversation with one damage somewhere. */
export function damaged(chance: Chance): { talk: Conversation; opening: Piece[]; rest: Piece[] } {
  const talk = honest(chance);
  const where = chance.below(10);
  const opening = where === 0 ? damageMessages(talk.opening, chance) : talk.opening;
  const rest = where >= 2 && where < 6 ? damageMessages(talk.rest, chance) : talk.rest;
  // A bomb in the smallest of fragments would only keep the tester busy.
  const total = rest.reduce((sum, { message }) => sum + message.length, 0);
  const size = total > 50_000 ? LARGE : Math.max(chance.pick(SIZES), Math.ceil(total / FEW));
  const first = cut(opening, size);
  const then = cut(rest, size, 1 + opening.length);
  return { talk, opening: where === 1 ? damagePieces(first, chance) : first, rest: where >= 6 ? damagePieces(then, chance) : then };
}
