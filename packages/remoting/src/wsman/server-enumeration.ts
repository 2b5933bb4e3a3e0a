/** Enumerations that are not finished: what is left of a list, for Pull and Release (WS-Enumeration 3.2, 3.5; DSP0226 8). */
import { Fault } from "@tieline/fault";
import type { CommandDescription, EnumerateAnswer } from "./body/enumeration.ts";
import { writeShell, type ShellDescription } from "./body/shell.ts";
import { ANSWER_OVERHEAD } from "./soap/envelope.ts";
import { measure } from "./soap/xml-writer.ts";

/** Lists that may be open at one time; the oldest gives way. */
const OPEN = 200;
/** [MS-WSMV] 3.1.4.1.2's EnumerationTimeoutms: 240 s without a Pull end a list. */
const LIFE_MS = 240_000;
/** One rsp:Command takes about this. */
const COMMAND_SIZE = 320;

export type Items = { shells: ShellDescription[] } | { commands: CommandDescription[] };

interface Open {
  owner: string;
  items: Items;
  untilMs: number;
}

export class Enumerations {
  readonly #open = new Map<string, Open>();

  /** The first part of a list, or only its context where the client has not asked for items at once. */
  start(id: string, owner: string, items: Items, maxElements: number, maxEnvelopeSize: number, nowMs: number): EnumerateAnswer {
    if (maxElements > 0) return this.#part(id, owner, items, maxElements, maxEnvelopeSize, nowMs);
    this.#keep(id, owner, items, nowMs);
    return { context: id, end: false };
  }

  /** @throws wsman-enumeration-unknown */
  pull(id: string, owner: string, maxElements: number, maxEnvelopeSize: number, nowMs: number): EnumerateAnswer {
    const items = this.release(id, owner, nowMs);
    return this.#part(id, owner, items, maxElements, maxEnvelopeSize, nowMs);
  }

  /** @throws wsman-enumeration-unknown */
  release(id: string, owner: string, nowMs: number): Items {
    const open = this.#open.get(id);
    if (open === undefined || open.owner !== owner || open.untilMs <= nowMs) throw new Fault("wsman-enumeration-unknown", {});
    this.#open.delete(id);
    return open.items;
  }

  #part(id: string, owner: string, items: Items, maxElements: number, maxEnvelopeSize: number, nowMs: number): EnumerateAnswer {
    const room = maxEnvelopeSize - ANSWER_OVERHEAD;
    const all: readonly unknown[] = "shells" in items ? items.shells : items.commands;
    let count = 0;
    for (let size = 0; count < Math.min(all.length, maxElements); count++) {
      size += "shells" in items ? measure(writeShell(items.shells[count] as ShellDescription)) : COMMAND_SIZE;
      if (size > room) break;
    }
    if (count === 0 && all.length > 0) throw new Fault("wsman-answer-too-large", { limit: maxEnvelopeSize });
    const end = count === all.length;
    const rest = "shells" in items ? { shells: items.shells.slice(count) } : { commands: items.commands.slice(count) };
    if (!end) this.#keep(id, owner, rest, nowMs);
    const context = end ? "" : id;
    return "shells" in items
      ? { context, shells: items.shells.slice(0, count), end }
      : { context, commands: items.commands.slice(0, count), end };
  }

  #keep(id: string, owner: string, items: Items, nowMs: number): void {
    for (const [oldest, { untilMs }] of this.#open) {
      if (this.#open.size < OPEN && untilMs > nowMs) break;
      this.#open.delete(oldest);
    }
    this.#open.set(id, { owner, items, untilMs: nowMs + LIFE_MS });
  }
}
