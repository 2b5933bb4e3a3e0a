/** How a parameter is declared, and the same compiled: one entry a parameter, everything known about it in that entry. */
import type { PsValue } from "@tieline/remoting/objects";
import { resolveType, type TypeName } from "../types/builtin.ts";
import type { ParameterType } from "../types/parameter-type.ts";

/** The set that a parameter without sets of its own belongs to: all of them. */
export const ALL_SETS = "__AllParameterSets";

/** What may differ from set to set. */
export interface SetFlags {
  mandatory?: boolean;
  /** From 0 (documentation counts from 1 at times). */
  position?: number;
  fromPipeline?: boolean;
  fromPipelineByPropertyName?: boolean;
  fromRemainingArguments?: boolean;
}

/** What an argument must satisfy after its conversion; each element, where the type is an array. */
export interface Validation {
  /** One of these texts, in any letter case. */
  set?: readonly string[];
  range?: readonly [min: number, max: number];
  length?: readonly [min: number, max: number];
  /** Number of elements of an array. */
  count?: readonly [min: number, max: number];
  /** Must stand at its own: it is run against texts of at most 32,768 characters and should not backtrack. */
  pattern?: RegExp;
  notNull?: boolean;
  notNullOrEmpty?: boolean;
  /** A rule of one's own: gives the reason for a refusal, or undefined. */
  check?(value: PsValue): string | undefined;
}

export interface ParameterDeclaration extends SetFlags {
  type: TypeName | ParameterType;
  /** One or two sentences for Get-Help and the forms of the console. */
  help?: string;
  aliases?: readonly string[];
  /** The sets it belongs to; with flags where they differ from those beside. Absent: all sets. */
  sets?: readonly string[] | Readonly<Record<string, SetFlags>>;
  validate?: Validation;
  allowNull?: boolean;
  allowEmptyString?: boolean;
  allowEmptyCollection?: boolean;
  /** What holds when it is not given, in words, for the help. */
  default?: string;
  /** Left out of completion and help. */
  hidden?: boolean;
}

export type ParameterDeclarations = Readonly<Record<string, ParameterDeclaration>>;

/** Flags with nothing left open. */
export interface ParameterInSet {
  readonly mandatory: boolean;
  readonly position: number | undefined;
  readonly fromPipeline: boolean;
  readonly fromPipelineByPropertyName: boolean;
  readonly fromRemainingArguments: boolean;
}

/** A parameter as the binder and the projections see it. */
export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly aliases: readonly string[];
  readonly help: string;
  readonly default: string | undefined;
  readonly hidden: boolean;
  readonly validate: Validation | undefined;
  readonly allowNull: boolean;
  readonly allowEmptyString: boolean;
  readonly allowEmptyCollection: boolean;
  /** By set name; one entry `ALL_SETS` where it belongs to all. */
  readonly sets: ReadonlyMap<string, ParameterInSet>;
  /** One of the parameters that every command has. */
  readonly common: boolean;
}

export function compileParameter(name: string, declaration: ParameterDeclaration, common = false): Parameter {
  const sets = new Map<string, ParameterInSet>();
  const given = declaration.sets;
  if (given === undefined) sets.set(ALL_SETS, flags(declaration));
  else if (isNames(given)) for (const set of given) sets.set(set, flags(declaration));
  else for (const [set, own] of Object.entries(given)) sets.set(set, flags({ ...declaration, ...own }));
  return {
    name,
    type: resolveType(declaration.type),
    aliases: declaration.aliases ?? [],
    help: declaration.help ?? "",
    default: declaration.default,
    hidden: declaration.hidden ?? false,
    validate: declaration.validate,
    allowNull: declaration.allowNull ?? false,
    allowEmptyString: declaration.allowEmptyString ?? false,
    allowEmptyCollection: declaration.allowEmptyCollection ?? false,
    sets,
    common,
  };
}

function isNames(sets: readonly string[] | Readonly<Record<string, SetFlags>>): sets is readonly string[] {
  return Array.isArray(sets);
}

function flags(of: SetFlags): ParameterInSet {
  return {
    mandatory: of.mandatory ?? false,
    position: of.position,
    fromPipeline: of.fromPipeline ?? false,
    fromPipelineByPropertyName: of.fromPipelineByPropertyName ?? false,
    fromRemainingArguments: of.fromRemainingArguments ?? false,
  };
}

/** The flags of a parameter in a set, or undefined where it is not part of it. */
export function inSet(parameter: Parameter, set: string): ParameterInSet | undefined {
  return parameter.sets.get(set) ?? parameter.sets.get(ALL_SETS);
}
