/** A declaration, compiled: parameters with the common ones, sets, and an index of names for the binder. */
import type { CmdletDeclaration, Stages } from "./declaration.ts";
import { COMMON_PARAMETERS, SHOULD_PROCESS_PARAMETERS } from "./common-parameters.ts";
import type { CmdletContext } from "./context.ts";
import { ALL_SETS, compileParameter, type Parameter } from "./parameter.ts";
import type { PsValue } from "@tieline/remoting/objects";

/** Arguments as the engine hands them on; the declaration's types say more. */
export type BoundArguments = Record<string, PsValue>;

/** Sets are bits of a number. */
const MOST_SETS = 30;

export class Cmdlet {
  readonly declaration: CmdletDeclaration;
  readonly name: string;
  readonly verb: string;
  readonly noun: string;
  readonly kind: "Cmdlet" | "Function";
  readonly aliases: readonly string[];
  /** Its own parameters, then the common ones, then -WhatIf and -Confirm where it has them. */
  readonly parameters: readonly Parameter[];
  /** Names of the sets; `ALL_SETS` alone where it has none. */
  readonly sets: readonly string[];
  readonly defaultSet: string | undefined;
  /** What the second part of its error ids is. */
  readonly idSuffix: string;
  /** Whether any parameter takes pipeline input. */
  readonly takesInput: boolean;
  readonly #names: ReadonlyMap<string, Parameter>;
  readonly #masks: ReadonlyMap<Parameter, number>;

  constructor(declaration: CmdletDeclaration) {
    this.declaration = declaration;
    this.name = declaration.name;
    const dash = declaration.name.indexOf("-");
    this.verb = dash < 0 ? "" : declaration.name.slice(0, dash);
    this.noun = dash < 0 ? "" : declaration.name.slice(dash + 1);
    this.kind = declaration.kind ?? "Cmdlet";
    this.aliases = declaration.aliases ?? [];
    this.parameters = [
      ...Object.entries(declaration.parameters).map(([name, parameter]) => compileParameter(name, parameter)),
      ...COMMON_PARAMETERS,
      ...(declaration.supportsShouldProcess === true ? SHOULD_PROCESS_PARAMETERS : []),
    ];
    const sets = new Set<string>();
    for (const parameter of this.parameters) for (const set of parameter.sets.keys()) if (set !== ALL_SETS) sets.add(set);
    if (declaration.defaultSet !== undefined && declaration.defaultSet !== ALL_SETS) sets.add(declaration.defaultSet);
    this.sets = sets.size === 0 ? [ALL_SETS] : [...sets];
    this.defaultSet = declaration.defaultSet;
    this.idSuffix = this.kind === "Function" ? this.name : (declaration.implementingType ?? this.name);
    this.takesInput = this.parameters.some((parameter) =>
      [...parameter.sets.values()].some((set) => set.fromPipeline || set.fromPipelineByPropertyName),
    );
    if (this.sets.length > MOST_SETS) throw new RangeError(`${this.name} has more than ${MOST_SETS} parameter sets`);
    this.#names = indexNames(this);
    this.#masks = new Map(this.parameters.map((parameter) => [parameter, this.#maskOf(parameter)]));
  }

  #maskOf(parameter: Parameter): number {
    if (parameter.sets.has(ALL_SETS)) return this.allSets;
    let mask = 0;
    for (const [i, set] of this.sets.entries()) if (parameter.sets.has(set)) mask |= 1 << i;
    return mask;
  }

  /** All its sets as bits, in the order of `sets`. */
  get allSets(): number {
    return 2 ** this.sets.length - 1;
  }

  /** The bits of the sets that a parameter is part of. */
  setsOf(parameter: Parameter): number {
    return this.#masks.get(parameter) ?? 0;
  }

  /** The parameters that a caller's name can stand for: the exact one (or its alias), else all that begin so. */
  parametersNamed(name: string): readonly Parameter[] {
    const wanted = name.toLowerCase();
    const exact = this.#names.get(wanted);
    if (exact !== undefined) return [exact];
    const found = new Set<Parameter>();
    for (const [known, parameter] of this.#names) if (known.startsWith(wanted)) found.add(parameter);
    return [...found];
  }

  /** The parameter of exactly this name or alias. */
  parameter(name: string): Parameter | undefined {
    return this.#names.get(name.toLowerCase());
  }

  /** The stages of one invocation. */
  start(context: CmdletContext): Stages<BoundArguments> {
    const { declaration } = this;
    if (declaration.stages !== undefined) return declaration.stages(context as CmdletContext<never>) as Stages<BoundArguments>;
    if (declaration.process === undefined) return {};
    return { process: (args) => declaration.process?.(args as never, context as CmdletContext<never>) };
  }
}

function indexNames(cmdlet: Cmdlet): ReadonlyMap<string, Parameter> {
  const names = new Map<string, Parameter>();
  for (const parameter of cmdlet.parameters) {
    for (const name of [parameter.name, ...parameter.aliases]) {
      const key = name.toLowerCase();
      // A command's own name wins over an alias of a common parameter.
      if (!names.has(key)) names.set(key, parameter);
    }
  }
  return names;
}
