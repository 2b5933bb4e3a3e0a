/**
 * Binds the arguments of one invocation, in PowerShell's order: names, positions, remaining arguments, sets, mandatory
 * parameters; then, object by object, what comes from the pipeline.
 *
 * Sets are kept as bits: each bound parameter leaves those it is part of. While objects are still to come, more than one
 * set may stay open; each object then decides for itself.
 */
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import type { BoundArguments, Cmdlet } from "../cmdlet/cmdlet.ts";
import { ALL_SETS, inSet, type Parameter, type ParameterInSet } from "../cmdlet/parameter.ts";
import { textOf } from "../types/text.ts";
import { elementsOf } from "../types/type-name.ts";
import { readArguments, type Argument, type GivenArgument } from "./arguments.ts";
import { BindingError, bindingError } from "./binding-error.ts";
import { argumentFor, fitsUncoerced } from "./convert.ts";

/** What a cmdlet is called with. */
export interface Bound {
  readonly args: BoundArguments;
  /** Names of the parameters that were given, as declared. */
  readonly given: ReadonlySet<string>;
  readonly parameterSet: string;
}

export class Binding {
  readonly cmdlet: Cmdlet;
  readonly expectsInput: boolean;
  readonly #values = new Map<Parameter, PsValue>();
  #open: number;
  /** Parameters that an input object can fill, found once the command line is bound. */
  #fromInput: readonly Parameter[] = [];
  #set = "";
  #bound: Bound | undefined;

  /**
   * Binds the command line.
   * @param expectsInput whether objects will come from the pipeline
   * @throws BindingError
   */
  constructor(cmdlet: Cmdlet, given: readonly GivenArgument[], expectsInput: boolean) {
    this.cmdlet = cmdlet;
    this.expectsInput = expectsInput;
    this.#open = cmdlet.allSets;
    const rest = this.#bindNames(readArguments(given));
    this.#bindRemaining(this.#bindPositions(rest));
    if (expectsInput) this.#prepareForInput();
    else this.#finish();
  }

  /** What the command line gave; with input to come, sets and mandatory parameters may still be open. */
  get commandLine(): Bound {
    this.#bound ??= this.#snapshot(this.#values, this.#set === "" ? this.#setName(this.#open) : this.#set);
    return this.#bound;
  }

  /** The value that the command line gave to a common parameter. */
  common(name: string): PsValue | undefined {
    const parameter = this.cmdlet.parameter(name);
    return parameter?.common === true ? this.#values.get(parameter) : undefined;
  }

  // Names

  #bindNames(args: readonly Argument[]): Argument[] {
    const rest: Argument[] = [];
    for (let i = 0; i < args.length; i++) {
      const argument = args[i] as Argument;
      if (argument.name === undefined) {
        rest.push(argument);
        continue;
      }
      const parameter = this.#parameterFor(argument.name);
      if (parameter === undefined) {
        rest.push(argument);
        continue;
      }
      let value = argument.value;
      if (value === undefined) {
        const next = args[i + 1];
        if (parameter.type.isSwitch === true) value = true;
        else if (next !== undefined && next.name === undefined) {
          value = next.value ?? null;
          i++;
        } else throw bindingError("missing-argument", { parameter: parameter.name, type: parameter.type.name }, { parameter });
      }
      if (this.#values.has(parameter)) throw bindingError("parameter-already-bound", { parameter: parameter.name }, { parameter });
      this.#bind(parameter, value);
    }
    return rest;
  }

  /** @throws BindingError where the name may be several parameters */
  #parameterFor(name: string): Parameter | undefined {
    if (name === "") return undefined;
    const found = this.cmdlet.parametersNamed(name);
    if (found.length <= 1) return found[0];
    // A command's own parameters go before the common ones.
    const own = found.filter((parameter) => !parameter.common);
    if (own.length === 1) return own[0];
    const matches = found.map((parameter) => `-${parameter.name}`).join(" ");
    throw bindingError("ambiguous-parameter", { parameter: name, matches }, { name });
  }

  #bind(parameter: Parameter, given: PsValue): void {
    this.#values.set(parameter, argumentFor(this.cmdlet, parameter, given, this.#isMandatory(parameter)));
    this.#narrow(parameter);
  }

  #narrow(parameter: Parameter): void {
    this.#open &= this.cmdlet.setsOf(parameter);
    if (this.#open === 0) throw bindingError("ambiguous-parameter-set", {});
  }

  /** Mandatory in some set that is still open. */
  #isMandatory(parameter: Parameter): boolean {
    for (const [set, flags] of parameter.sets)
      if (flags.mandatory && (set === ALL_SETS || (this.#bitOf(set) & this.#open) !== 0)) return true;
    return false;
  }

  #bitOf(set: string): number {
    const index = this.cmdlet.sets.indexOf(set);
    return index < 0 ? 0 : 1 << index;
  }

  get #defaultBit(): number {
    return this.cmdlet.defaultSet === undefined ? 0 : this.#bitOf(this.cmdlet.defaultSet);
  }

  // Positions

  #bindPositions(args: readonly Argument[]): Argument[] {
    const positions = this.#positions();
    const rest = [...args];
    for (const [, candidates] of positions) {
      const next = rest.findIndex((argument) => argument.name === undefined);
      if (next < 0) break;
      if (this.#bindPosition(candidates, (rest[next] as Argument).value ?? null)) rest.splice(next, 1);
    }
    return rest;
  }

  #positions(): [number, Parameter[]][] {
    const byPosition = new Map<number, Parameter[]>();
    for (const parameter of this.cmdlet.parameters) {
      if (parameter.common || this.#values.has(parameter)) continue;
      for (const { position } of parameter.sets.values()) {
        if (position === undefined) continue;
        const there = byPosition.get(position) ?? [];
        if (!there.includes(parameter)) there.push(parameter);
        byPosition.set(position, there);
      }
    }
    return [...byPosition].toSorted((a, b) => a[0] - b[0]);
  }

  /** Default set before the others, without conversion before with it. */
  #bindPosition(all: readonly Parameter[], given: PsValue): boolean {
    const candidates = all.filter((parameter) => !this.#values.has(parameter) && (this.cmdlet.setsOf(parameter) & this.#open) !== 0);
    const inDefault = (parameter: Parameter): boolean => (this.cmdlet.setsOf(parameter) & this.#defaultBit & this.#open) !== 0;
    const ordered = [...candidates.filter(inDefault), ...candidates.filter((parameter) => !inDefault(parameter))];
    const fitting = ordered.find((parameter) => fitsUncoerced(parameter, given));
    if (fitting !== undefined) {
      this.#bind(fitting, given);
      return true;
    }
    let first: BindingError | undefined;
    for (const parameter of ordered) {
      try {
        this.#bind(parameter, given);
        return true;
      } catch (error) {
        if (!(error instanceof BindingError)) throw error;
        first ??= error;
      }
    }
    if (first !== undefined) throw first;
    return false;
  }

  #bindRemaining(rest: readonly Argument[]): void {
    const first = rest[0];
    if (first === undefined) return;
    const taker = this.cmdlet.parameters.find(
      (parameter) =>
        !this.#values.has(parameter) &&
        [...parameter.sets].some(
          ([set, flags]) => flags.fromRemainingArguments && (set === ALL_SETS || (this.#bitOf(set) & this.#open) !== 0),
        ),
    );
    if (taker !== undefined) {
      const values = rest.flatMap(({ name, value }) => [
        ...(name === undefined ? [] : [`-${name}`]),
        ...(value === undefined ? [] : [value]),
      ]);
      const only = values.length === 1 ? elementsOf(values[0] ?? null) : undefined;
      this.#bind(taker, only ?? values);
      return;
    }
    if (first.name !== undefined)
      throw bindingError("named-parameter-not-found", { parameter: first.name }, { name: first.name, given: first.value });
    throw bindingError(
      "positional-parameter-not-found",
      { argument: textOf(first.value ?? null) },
      { name: textOf(first.value ?? null), given: first.value },
    );
  }

  // Sets and mandatory parameters

  #finish(): void {
    this.#open = this.#chooseSet(this.#open, (parameter) => this.#values.has(parameter), false);
    const missing = this.#missing(this.#open, (parameter) => this.#values.has(parameter), false);
    if (missing.length > 0) throw missingMandatory(missing);
    this.#set = this.#setName(this.#open);
  }

  /** One bit (or all, where no set was meant). @throws BindingError */
  #chooseSet(open: number, isBound: (parameter: Parameter) => boolean, input: boolean): number {
    if (this.cmdlet.sets.length === 1 || isOneBit(open)) return open;
    if ((open & this.#defaultBit) !== 0) return this.#defaultBit;
    let complete = 0;
    for (const [i] of this.cmdlet.sets.entries()) {
      const bit = 1 << i;
      if ((open & bit) !== 0 && this.#missing(bit, isBound, input).length === 0) complete |= bit;
    }
    if (isOneBit(complete)) return complete;
    if (complete === open && open === this.cmdlet.allSets && this.#defaultBit === 0) return open;
    throw bindingError("ambiguous-parameter-set", {});
  }

  #setName(open: number): string {
    if (this.cmdlet.sets.length === 1) return this.cmdlet.sets[0] as string;
    return isOneBit(open) ? (this.cmdlet.sets[31 - Math.clz32(open)] as string) : ALL_SETS;
  }

  /** Mandatory parameters of the set that have no value; with input to come, those that it can fill do not count. */
  #missing(set: number, isBound: (parameter: Parameter) => boolean, input: boolean): Parameter[] {
    const name = this.#setName(set);
    return this.cmdlet.parameters.filter((parameter) => {
      const flags = inSet(parameter, name);
      return flags?.mandatory === true && !isBound(parameter) && !(input && (flags.fromPipeline || flags.fromPipelineByPropertyName));
    });
  }

  #snapshot(values: ReadonlyMap<Parameter, PsValue>, parameterSet: string): Bound {
    const args: BoundArguments = {};
    const given = new Set<string>();
    for (const [parameter, value] of values) {
      given.add(parameter.name);
      if (!parameter.common) args[parameter.name] = value;
    }
    return { args, given, parameterSet };
  }

  // Input

  #prepareForInput(): void {
    const isBound = (parameter: Parameter): boolean => this.#values.has(parameter);
    // Sets whose mandatory parameters neither the command line nor an object can fill are out.
    let possible = 0;
    for (const [i] of this.cmdlet.sets.entries())
      if ((this.#open & (1 << i)) !== 0 && this.#missing(1 << i, isBound, true).length === 0) possible |= 1 << i;
    if (possible === 0) {
      const set = this.#chooseSet(this.#open, isBound, true);
      const missing = this.#missing(set, isBound, true);
      throw missing.length > 0 ? missingMandatory(missing) : bindingError("ambiguous-parameter-set", {});
    }
    this.#open = possible;
    this.#fromInput = this.cmdlet.parameters.filter((parameter) => !isBound(parameter) && this.#takesInput(parameter, possible));
  }

  #takesInput(parameter: Parameter, open: number): boolean {
    return this.#flagsIn(parameter, open, (flags) => flags.fromPipeline || flags.fromPipelineByPropertyName);
  }

  #flagsIn(parameter: Parameter, open: number, ask: (flags: ParameterInSet) => boolean): boolean {
    for (const [set, flags] of parameter.sets) if ((set === ALL_SETS || (this.#bitOf(set) & open) !== 0) && ask(flags)) return true;
    return false;
  }

  /**
   * The arguments for one input object: by value, then by property name, each first without conversion and then with it.
   * @throws BindingError where nothing takes it; the next object may still fit
   */
  bindInput(object: PsValue): Bound {
    const values = new Map<Parameter, PsValue>();
    let open = this.#open;
    let failure: BindingError | undefined;
    const attempt = (parameter: Parameter, value: PsValue, coerce: boolean): void => {
      if (!coerce && !fitsUncoerced(parameter, value)) return;
      try {
        values.set(
          parameter,
          argumentFor(
            this.cmdlet,
            parameter,
            value,
            this.#flagsIn(parameter, open, (flags) => flags.mandatory),
          ),
        );
        open &= this.cmdlet.setsOf(parameter);
      } catch (error) {
        if (!(error instanceof BindingError)) throw error;
        // A value that cannot be converted was not meant for this parameter; one that is refused was.
        if (error.code !== "argument-conversion" && error.code !== "argument-type" && error.code !== "argument-transformation")
          failure ??= error;
      }
    };
    const candidates = this.#inDefaultFirst(this.#fromInput);
    for (const coerce of [false, true]) {
      for (const parameter of candidates) {
        if (values.has(parameter) || (this.cmdlet.setsOf(parameter) & open) === 0) continue;
        if (this.#flagsIn(parameter, open, (flags) => flags.fromPipeline)) attempt(parameter, object, coerce);
      }
      if (failure !== undefined) throw this.#about(failure, object);
      for (const parameter of candidates) {
        if (values.has(parameter) || (this.cmdlet.setsOf(parameter) & open) === 0) continue;
        if (!this.#flagsIn(parameter, open, (flags) => flags.fromPipelineByPropertyName)) continue;
        const value = propertyFor(parameter, object);
        if (value !== undefined) attempt(parameter, value, coerce);
      }
      if (failure !== undefined) throw this.#about(failure, object);
    }
    if (values.size === 0) throw bindingError("input-object-not-bound", {}, { target: object });
    const isBound = (parameter: Parameter): boolean => values.has(parameter) || this.#values.has(parameter);
    const set = this.#chooseSet(open, isBound, false);
    const missing = this.#missing(set, isBound, false);
    if (missing.length > 0)
      throw bindingError("input-object-incomplete", { parameters: missing.map(({ name }) => name).join(" ") }, { target: object, missing });
    const { args, given } = this.commandLine;
    const all: BoundArguments = { ...args };
    const names = new Set(given);
    for (const [parameter, value] of values) {
      all[parameter.name] = value;
      names.add(parameter.name);
    }
    return { args: all, given: names, parameterSet: this.#setName(set) };
  }

  #inDefaultFirst(parameters: readonly Parameter[]): readonly Parameter[] {
    const bit = this.#defaultBit;
    if (bit === 0) return parameters;
    const inDefault = (parameter: Parameter): boolean => (this.cmdlet.setsOf(parameter) & bit) !== 0;
    return [...parameters.filter(inDefault), ...parameters.filter((parameter) => !inDefault(parameter))];
  }

  #about(error: BindingError, target: PsValue): BindingError {
    return new BindingError(error.code, error.record.withTarget(target), error.missing);
  }
}

function missingMandatory(missing: readonly Parameter[]): BindingError {
  const parameters = missing.map(({ name }) => name).join(" ");
  return bindingError("missing-mandatory-parameter", { parameters }, { name: ` ${parameters}`, missing });
}

function isOneBit(mask: number): boolean {
  return mask !== 0 && (mask & (mask - 1)) === 0;
}

/** The property of the parameter's name, or of one of its aliases. */
function propertyFor(parameter: Parameter, object: PsValue): PsValue | undefined {
  if (!(object instanceof PsObject)) return undefined;
  const own = object.get(parameter.name);
  if (own !== undefined) return own;
  for (const alias of parameter.aliases) {
    const value = object.get(alias);
    if (value !== undefined) return value;
  }
  return undefined;
}
