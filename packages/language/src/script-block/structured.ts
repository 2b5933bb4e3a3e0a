/**
 * The structured commands that a script text stands for. PowerShell's clients make them wherever they can, so that plain
 * calls run on endpoints without language; so do we.
 */
import { Fault } from "@tieline/fault";
import type { PsValue } from "@tieline/remoting/objects";
import type { StructuredScript } from "../engine/structured-command.ts";
import { CommandParser } from "./parser.ts";
import { NotPlain } from "./reader.ts";

export interface StructureOptions {
  /** Values of `$using:name`, by name in any letter case. */
  using?: Readonly<Record<string, PsValue>>;
  /** Values of plain variables; PowerShell's client knows none. */
  variables?: Readonly<Record<string, PsValue>>;
  /** Values of the block's `param(...)`, by position. */
  argumentList?: readonly PsValue[];
  /** False: a script block as an argument makes the whole a script, as with PowerShell's own client. True (default): it is sent as one value, for -Filter and its kind. */
  scriptBlocks?: boolean;
}

/** Commands; or why it is more than that (`script`), or no PowerShell at all (`invalid`). Positions count from 1. */
export type Structured =
  | { readonly kind: "commands"; readonly statements: StructuredScript }
  | { readonly kind: "script" | "invalid"; readonly what: string; readonly position: number };

/** Longest text that is looked at. */
const LONGEST = 1_048_576;

/**
 * @example
 * ```ts
 * const made = structure("Get-CsOnlineUser -Identity alice | Select-Object DisplayName");
 * // { kind: "commands", statements: [[{ text: "Get-CsOnlineUser", arguments: [{ name: "-Identity", value: null }, { name: null, value: "alice" }], ... }, ...]] }
 * ```
 */
export function structure(text: string, options: StructureOptions = {}): Structured {
  if (text.length > LONGEST) return { kind: "script", what: `a text longer than ${LONGEST} characters`, position: LONGEST };
  const lookUp = (table: Readonly<Record<string, PsValue>> | undefined): ((name: string) => PsValue | undefined) => {
    const values = new Map(Object.entries(table ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
    return (name) => values.get(name.toLowerCase());
  };
  const parser = new CommandParser(text, {
    using: lookUp(options.using),
    variable: lookUp(options.variables),
    argumentList: options.argumentList ?? [],
    scriptBlocks: options.scriptBlocks ?? true,
  });
  try {
    const statements = parser.statements();
    return statements.length === 0 ? { kind: "script", what: "no command", position: 1 } : { kind: "commands", statements };
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error;
    return { kind: error.kind, what: error.what, position: error.at + 1 };
  }
}

/** The commands, or a fault that says why there are none. @throws Fault `script-needed`, `script-syntax` */
export function structureOrThrow(text: string, options: StructureOptions = {}): StructuredScript {
  const made = structure(text, options);
  if (made.kind === "commands") return made.statements;
  const { what, position } = made;
  throw made.kind === "script" ? new Fault("script-needed", { what, position }) : new Fault("script-syntax", { what, position });
}
