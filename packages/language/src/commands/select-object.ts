/**
 * Select-Object: properties, a part of the objects, or both. It ends the commands before it as soon as -First has
 * enough. Calculated properties are taken as far as no script has to run: a property's name, or `{ $_.Name }`.
 */
import { Fault } from "@tieline/fault";
import { PsDictionary, PsObject, ScriptBlock, type PsValue } from "@tieline/remoting/objects";
import type { CmdletContext } from "../cmdlet/context.ts";
import { defineCmdlet, type Arguments } from "../cmdlet/declaration.ts";
import type { ParameterDeclarations } from "../cmdlet/parameter.ts";
import { hasWildcard, wildcard } from "../types/wildcard.ts";
import { declaredName, propertyNames, propertyOf } from "../types/property.ts";
import { textOf } from "../types/text.ts";
import { elementsOf, typeNameOf } from "../types/type-name.ts";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";

const SUFFIX = "Microsoft.PowerShell.Commands.SelectObjectCommand";
const CUSTOM = "System.Management.Automation.PSCustomObject";
const MOST = 2147483647;

const PARTS = ["DefaultParameter", "SkipLastParameter"] as const;

const PARAMETERS = {
  Property: {
    type: "object[]",
    position: 0,
    sets: PARTS,
    help: "The properties to keep, by name or wildcard; or a table with Name and Expression.",
  },
  InputObject: { type: "object", fromPipeline: true, help: "The objects." },
  ExcludeProperty: { type: "string[]", sets: PARTS, help: "Properties to leave out, by name or wildcard." },
  ExpandProperty: {
    type: "string",
    sets: PARTS,
    help: "A property whose value is put out instead of the object; a list element by element.",
  },
  First: { type: "int", sets: ["DefaultParameter"], validate: { range: [0, MOST] }, help: "How many from the start." },
  Last: { type: "int", sets: ["DefaultParameter"], validate: { range: [0, MOST] }, help: "How many from the end." },
  Skip: {
    type: "int",
    sets: PARTS,
    validate: { range: [0, MOST] },
    help: "How many to pass over: at the start, or at the end together with -Last.",
  },
  SkipLast: { type: "int", sets: ["SkipLastParameter"], validate: { range: [0, MOST] }, help: "How many to leave out at the end." },
  Index: { type: "int[]", sets: ["IndexParameter"], validate: { range: [0, MOST] }, help: "Which ones, counted from 0." },
  SkipIndex: {
    type: "int[]",
    sets: ["SkipIndexParameter"],
    validate: { range: [0, MOST] },
    help: "Which ones to leave out, counted from 0.",
  },
  Unique: { type: "switch", help: "Equal ones only once." },
  CaseInsensitive: { type: "switch", help: "With -Unique: letter case makes no difference." },
  Wait: { type: "switch", sets: ["DefaultParameter", "IndexParameter"], help: "Lets the commands before it run to their end." },
} as const satisfies ParameterDeclarations;

export const selectObject: Cmdlet = defineCmdlet({
  name: "Select-Object",
  synopsis: "Selects objects or properties of objects.",
  description:
    "Select-Object puts out objects with the properties that you name, or a part of the objects: the first, the last, every different one.",
  examples: [
    { code: "Get-CsOnlineUser | Select-Object DisplayName, SipAddress", remarks: "Keeps two properties of each user." },
    { code: "Get-CsOnlineUser | Select-Object -First 5", remarks: "Stops after five users." },
    { code: "Get-CsTenant | Select-Object -ExpandProperty VerifiedDomains", remarks: "Puts out the domains themselves." },
  ],
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=2096716",
  kind: "Function",
  parameters: PARAMETERS,
  defaultSet: "DefaultParameter",
  output: [{ typeName: CUSTOM }],
  stages(context) {
    const selection = new Selection(context);
    return {
      begin: (args) => selection.begin(args),
      process: (args) => selection.take(args.InputObject ?? null),
      end: () => selection.end(),
    };
  },
});

type SelectArguments = Arguments<typeof PARAMETERS>;

class Selection {
  readonly #context: CmdletContext;
  #columns: readonly Column[] | undefined;
  #exclude: ((name: string) => boolean) | undefined;
  #expand: string | undefined;
  #first = 0;
  #last = 0;
  #skip = 0;
  #skipLast = 0;
  #wait = false;
  /** No part of the objects was asked for. */
  #all = true;
  #index: ReadonlySet<number> | undefined;
  #skipIndex: ReadonlySet<number> | undefined;
  #highest = -1;
  #seen: Set<string> | undefined;
  #ignoreCase = false;
  #count = 0;
  #put = 0;
  readonly #held: PsValue[] = [];

  constructor(context: CmdletContext) {
    this.#context = context;
  }

  begin(args: SelectArguments): void {
    this.#columns = args.Property == null ? undefined : args.Property.flatMap((property) => readColumn(property, this.#context));
    if (args.ExcludeProperty != null && args.ExcludeProperty.length > 0) {
      const patterns = args.ExcludeProperty.map((pattern) => wildcard(pattern));
      this.#exclude = (name) => patterns.some((pattern) => pattern.matches(name));
      this.#columns ??= [{ kind: "match", pattern: wildcard("*"), name: "*" }];
    }
    this.#expand = args.ExpandProperty ?? undefined;
    this.#first = args.First ?? 0;
    this.#last = args.Last ?? 0;
    this.#skip = args.Skip ?? 0;
    this.#skipLast = args.SkipLast ?? 0;
    this.#wait = args.Wait ?? false;
    this.#all = args.First === undefined && args.Last === undefined;
    if (args.Index != null) {
      this.#index = new Set(args.Index);
      this.#highest = Math.max(...args.Index);
    }
    if (args.SkipIndex != null) this.#skipIndex = new Set(args.SkipIndex);
    if (args.Unique === true) this.#seen = new Set();
    this.#ignoreCase = args.CaseInsensitive ?? false;
  }

  take(value: PsValue): void | Promise<void> {
    if (value === null) return;
    const at = this.#count++;
    if (this.#index !== undefined) {
      const done = this.#index.has(at) ? this.#show(value) : undefined;
      if (!this.#wait && at >= this.#highest) return this.#enough(done);
      return done;
    }
    if (this.#skipIndex !== undefined) return this.#skipIndex.has(at) ? undefined : this.#show(value);
    if (this.#skipLast > 0) {
      if (at < this.#skip) return;
      this.#held.push(value);
      return this.#held.length > this.#skipLast ? this.#show(this.#held.shift() as PsValue) : undefined;
    }
    if (this.#last > 0) return this.#takeForLast(at, value);
    if (at < this.#skip) return;
    if (this.#all) return this.#show(value);
    if (this.#put >= this.#first) return this.#wait ? undefined : this.#enough(undefined);
    this.#put++;
    const done = this.#show(value);
    return this.#put >= this.#first && !this.#wait ? this.#enough(done) : done;
  }

  /** With -Last, -Skip counts from the end; the first ones go out at once. */
  #takeForLast(at: number, value: PsValue): void | Promise<void> {
    if (at < this.#first) return this.#show(value);
    this.#held.push(value);
    if (this.#held.length > this.#last + this.#skip) this.#held.shift();
  }

  async end(): Promise<void> {
    if (this.#last === 0) return;
    const kept = this.#skip > 0 ? this.#held.slice(0, -this.#skip) : this.#held;
    for (const value of kept.slice(-this.#last)) await this.#show(value);
  }

  #enough(done: void | Promise<void>): void | Promise<void> {
    if (done === undefined) return this.#context.stopUpstream();
    return done.then(() => this.#context.stopUpstream());
  }

  #show(value: PsValue): void | Promise<void> {
    if (this.#columns === undefined && this.#expand === undefined) return this.#isNew(value) ? this.#context.write(value) : undefined;
    const picked = this.#columns === undefined ? undefined : this.#pick(value, this.#columns);
    if (this.#expand !== undefined) return this.#expanded(value, this.#expand, picked);
    if (picked !== undefined && this.#isNew(picked)) return this.#context.write(picked);
  }

  #isNew(value: PsValue): boolean {
    if (this.#seen === undefined) return true;
    const key = keyOf(value);
    const seen = this.#ignoreCase ? key.toLowerCase() : key;
    if (this.#seen.has(seen)) return false;
    this.#seen.add(seen);
    return true;
  }

  #pick(value: PsValue, columns: readonly Column[]): PsObject {
    const picked = new PsObject({ typeNames: [`Selected.${typeNameOf(value)}`, CUSTOM, "System.Object"] });
    for (const column of columns) {
      if (column.kind === "match") {
        for (const name of propertyNames(value)) {
          if (column.pattern.matches(name) && this.#exclude?.(name) !== true)
            this.#add(picked, name, propertyOf(value, name) ?? null, true);
        }
        continue;
      }
      const name = column.kind === "as" ? column.name : (declaredName(value, column.name) ?? column.name);
      if (this.#exclude?.(name) === true) continue;
      this.#add(picked, name, propertyOf(value, column.kind === "as" ? column.property : name) ?? null, false);
    }
    return picked;
  }

  #add(picked: PsObject, name: string, value: PsValue, quietly: boolean): void {
    if (!picked.has(name)) picked.set(name, value);
    else if (!quietly) this.#alreadyThere(name, "AlreadyExistingUserSpecifiedPropertyNoExpand");
  }

  #alreadyThere(name: string, id: string): void {
    this.#context.writeError({
      message: `The property cannot be processed because the property "${name}" already exists.`,
      id: `${id},${SUFFIX}`,
      category: "InvalidOperation",
      type: "PSInvalidOperationException",
    });
  }

  async #expanded(value: PsValue, property: string, picked: PsObject | undefined): Promise<void> {
    const inner = propertyOf(value, property);
    if (inner === undefined) {
      this.#context.writeError({
        message: `Property "${property}" cannot be found.`,
        id: `ExpandPropertyNotFound,${SUFFIX}`,
        category: "InvalidArgument",
        type: "PSArgumentException",
        target: value,
      });
      return;
    }
    for (const item of elementsOf(inner) ?? [inner]) {
      if (item === null) continue;
      const shown = picked === undefined ? item : this.#decorated(item, picked);
      if (this.#isNew(shown)) await this.#context.write(shown);
    }
  }

  /** The expanded value with the selected properties added. The value itself stays as it is. */
  #decorated(item: PsValue, picked: PsObject): PsObject {
    const typeNames = item instanceof PsObject ? item.typeNames : [typeNameOf(item), "System.Object"];
    const text = item instanceof PsObject ? item.text : undefined;
    const made = new PsObject({
      typeNames,
      text,
      ...(item instanceof PsObject ? (item.base === undefined ? {} : { base: item.base }) : { base: item }),
    });
    if (item instanceof PsObject) {
      for (const kind of ["adapted", "extended"] as const)
        for (const [i, name] of item.shape(kind).names.entries()) made.set(name, item.values(kind)[i] ?? null, kind);
    }
    for (const [name, value] of picked.properties()) {
      if (made.has(name)) this.#alreadyThere(name, "AlreadyExistingUserSpecifiedPropertyExpand");
      else made.set(name, value);
    }
    return made;
  }
}

type Column =
  | { kind: "name"; name: string }
  | { kind: "match"; name: string; pattern: ReturnType<typeof wildcard> }
  | { kind: "as"; name: string; property: string };

const NAME_KEYS = ["name", "label"] as const;
const MEMBER = /^\s*\$(?:_|PSItem)\.([\p{L}_][\p{L}\p{N}_]*)\s*$/iu;

function readColumn(given: PsValue, context: CmdletContext): Column[] {
  if (given === null) return [];
  const base = given instanceof PsObject ? given.base : given;
  if (base instanceof PsDictionary) return [readCalculated(base, context)];
  if (given instanceof ScriptBlock) return [{ kind: "as", name: given.text, property: memberOf(given.text) }];
  if (typeof base !== "string") {
    return context.fail({
      message: `Cannot convert ${typeNameOf(given)} to one of the following types {System.String, System.Management.Automation.ScriptBlock}.`,
      id: `DictionaryKeyUnknownType,${SUFFIX}`,
      category: "InvalidArgument",
      type: "NotSupportedException",
    });
  }
  return [hasWildcard(base) ? { kind: "match", name: base, pattern: wildcard(base) } : { kind: "name", name: base }];
}

/** `@{ Name = ...; Expression = ... }`; the keys may be shortened. */
function readCalculated(table: PsDictionary, context: CmdletContext): Column {
  let name: string | undefined;
  let expression: PsValue | undefined;
  for (const [key, value] of table) {
    const short = textOf(key).toLowerCase();
    if (short !== "" && NAME_KEYS.some((known) => known.startsWith(short))) name = textOf(value);
    else if (short !== "" && "expression".startsWith(short)) expression = value;
    else {
      context.fail({
        message: `The ${textOf(key)} key is not valid.`,
        id: `DictionaryKeyIllegal,${SUFFIX}`,
        category: "InvalidArgument",
        type: "NotSupportedException",
      });
    }
  }
  const text = textOf(expression ?? null);
  // A script block that came over the wire is a text; a bare word is a property's name.
  const property = expression instanceof ScriptBlock || text.includes("$") ? memberOf(text) : text;
  return { kind: "as", name: name ?? text, property };
}

function memberOf(script: string): string {
  const member = MEMBER.exec(script);
  if (member === null) throw new Fault("script-needed", { what: `the expression {${script.slice(0, 80)}}`, position: 1 });
  return member[1] as string;
}

/** Equal values of different number types are the same; objects are compared by all their properties. */
function keyOf(value: PsValue): string {
  if (!(value instanceof PsObject) || value.base !== undefined || value.text !== undefined) return textOf(value);
  return [...value.properties()].map(([name, inner]) => `${name}\u0000${textOf(inner)}`).join("\u0001");
}

/** What PowerShell's restricted endpoint lets through: the properties of commands, nothing else. */
const STRICT = [
  "ModuleName",
  "Namespace",
  "OutputType",
  "Count",
  "HelpUri",
  "Name",
  "CommandType",
  "ResolvedCommandName",
  "DefaultParameterSet",
  "CmdletBinding",
  "Parameters",
] as const;

/** Select-Object as PowerShell's own restricted endpoint offers it; a setting of the endpoint chooses it. */
export const strictSelectObject: Cmdlet = defineCmdlet({
  name: "Select-Object",
  synopsis: "Selects properties of commands.",
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=2096716",
  kind: "Function",
  parameters: {
    Property: { type: "string[]", validate: { set: STRICT, count: [1, 11] }, help: "The properties to keep." },
    InputObject: { type: "object", mandatory: true, fromPipeline: true, help: "The commands." },
  },
  stages(context) {
    const selection = new Selection(context);
    return {
      begin: (args) => selection.begin(args.Property == null ? {} : { Property: args.Property }),
      process: (args) => selection.take(args.InputObject),
    };
  },
});
