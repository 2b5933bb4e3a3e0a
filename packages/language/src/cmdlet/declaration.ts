/**
 * What a cmdlet is: declared once, everything else is a projection of it (binding, metadata, help, completion, command
 * line, HTTP API, forms).
 */
import type { PsValue } from "@tieline/remoting/objects";
import type { ValueOf } from "../types/builtin.ts";
import { Cmdlet } from "./cmdlet.ts";
import type { CmdletContext } from "./context.ts";
import type { ParameterDeclarations } from "./parameter.ts";

/** A column of a default table. */
export interface Column {
  /** The property that is shown; also the head, unless `label` says otherwise. */
  readonly property: string;
  readonly label?: string;
  /** Characters; absent: as wide as it must be. */
  readonly width?: number;
  readonly align?: "left" | "right";
}

/** How objects of a type are shown when nobody says how. */
export interface View {
  readonly kind: "table" | "list";
  readonly columns: readonly Column[];
}

export interface OutputDeclaration {
  /** Full type name of what is put out. */
  readonly typeName: string;
  readonly view?: View;
}

export interface Example {
  /** The command line, as one would type it. */
  readonly code: string;
  readonly remarks: string;
}

/** A reference-typed parameter may have been given `$null` (which is not the same as not at all); a number or switch never is null. */
type Given<V> = V extends boolean | number | bigint ? V : V | null;

/** The arguments of a cmdlet by parameter name; a parameter that nobody gave is absent. */
export type Arguments<P extends ParameterDeclarations> = {
  readonly [K in keyof P as P[K] extends { mandatory: true; sets?: undefined } ? K : never]: ValueOf<P[K]["type"]>;
} & {
  readonly [K in keyof P as P[K] extends { mandatory: true; sets?: undefined } ? never : K]?: Given<ValueOf<P[K]["type"]>> | undefined;
};

/** What a stage may give back: nothing, a promise, or a (lazy) sequence of objects to put out. */
export type Emission = void | Promise<void> | Iterable<PsValue> | AsyncIterable<PsValue>;

/** The three stages of a command: once before all input, once for each input object (or once without input), once after. */
export interface Stages<A> {
  begin?(args: A): Emission;
  process?(args: A): Emission;
  end?(args: A): Emission;
  /** Always runs last, also after errors and stops; must not put anything out. */
  clean?(): void | Promise<void>;
}

export interface CmdletDeclaration<P extends ParameterDeclarations = ParameterDeclarations, Facts = unknown> {
  /** Verb-Noun, as it is shown. */
  name: string;
  /** One line for Get-Help and Get-Command. */
  synopsis: string;
  /** A paragraph or more. */
  description?: string;
  examples?: readonly Example[];
  /** More to read: names of commands or addresses. */
  related?: readonly string[];
  helpUri?: string;
  /** Function makes error ids end in the command's name, as for the proxies of a restricted endpoint. Cmdlet by default. */
  kind?: "Cmdlet" | "Function";
  /** .NET type that error ids end in; the command's name by default. */
  implementingType?: string;
  module?: string;
  /** Other names of the command. */
  aliases?: readonly string[];
  parameters: P;
  defaultSet?: string;
  supportsShouldProcess?: boolean;
  /** From which impact on the session asks before a change; Medium by default. */
  confirmImpact?: "None" | "Low" | "Medium" | "High";
  output?: readonly OutputDeclaration[];
  /** Roles that may run it; absent: everyone who may open a session. */
  roles?: readonly string[];
  /** Runs, but is not listed. */
  hidden?: boolean;

  /** For a command without state between its objects: what is done for each. */
  process?(args: Arguments<P>, context: CmdletContext<Facts>): Emission;
  /** For a command with state: called once an invocation; the stages share what they close over. */
  stages?(context: CmdletContext<Facts>): Stages<Arguments<P>>;
}

/**
 * Makes a cmdlet of its declaration. The arguments' types follow from the parameters'.
 *
 * @example
 * ```ts
 * const cmdlet = cmdletsFor<{ greeting: string }>();
 * const getGreeting = cmdlet({
 *   name: "Get-Greeting",
 *   synopsis: "Greets somebody.",
 *   parameters: {
 *     Name: { type: "string", mandatory: true, position: 0, fromPipeline: true, help: "Whom to greet." },
 *     Loud: { type: "switch" },
 *   },
 *   process(args, context) {
 *     const text = `${context.session.greeting}, ${args.Name}`;
 *     return [args.Loud ? text.toUpperCase() : text];
 *   },
 * });
 * ```
 */
export function cmdletsFor<Facts>(): <const P extends ParameterDeclarations>(declaration: CmdletDeclaration<P, Facts>) => Cmdlet {
  return (declaration) => new Cmdlet(declaration as unknown as CmdletDeclaration);
}

/** For cmdlets that need nothing of the session. */
export const defineCmdlet: <const P extends ParameterDeclarations>(declaration: CmdletDeclaration<P>) => Cmdlet = cmdletsFor<unknown>();
