/** A pipeline as data: what CREATE_PIPELINE carries, and what a simple script text stands for. */
import type { PsValue } from "@tieline/remoting/objects";

/** An argument; without a name it is positional. */
export interface CommandArgument {
  readonly name: string | null;
  readonly value: PsValue;
}

/** Where a command's streams go, as numbers of PipelineResultTypes ([MS-PSRP] 2.2.3.31): None 0, Output 1, Error 2, ..., All 7, Null 8. */
export interface MergeFlags {
  readonly myResult?: number;
  readonly toResult?: number;
  readonly previousResults?: number;
  readonly error?: number;
  readonly warning?: number;
  readonly verbose?: number;
  readonly debug?: number;
  readonly information?: number;
}

export interface StructuredCommand {
  /** The command's name, or script text. */
  readonly text: string;
  readonly isScript: boolean;
  readonly arguments: readonly CommandArgument[];
  readonly merge?: MergeFlags;
}

/** Statements, each a pipeline of commands. */
export type StructuredScript = readonly (readonly StructuredCommand[])[];

/** Makes a command: positional values and named ones. */
export function command(
  text: string,
  named: Readonly<Record<string, PsValue>> = {},
  positional: readonly PsValue[] = [],
): StructuredCommand {
  return {
    text,
    isScript: false,
    arguments: [...Object.entries(named).map(([name, value]) => ({ name, value })), ...positional.map((value) => ({ name: null, value }))],
  };
}
