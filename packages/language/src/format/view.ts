/**
 * Default views: which columns objects of a type are shown with. They come from the declarations of the commands that put
 * the types out, and from the few types of this package; a deserialised type is shown as the live one.
 */
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import type { View } from "../cmdlet/declaration.ts";

const PREFIX = /^Deserialized\./i;

/** Types that no command of a catalogue declares. */
const KNOWN: Readonly<Record<string, View>> = {
  "System.Management.Automation.FunctionInfo": {
    kind: "table",
    columns: [{ property: "CommandType", width: 15 }, { property: "Name", width: 50 }, { property: "Source" }],
  },
  "System.Management.Automation.CmdletInfo": {
    kind: "table",
    columns: [{ property: "CommandType", width: 15 }, { property: "Name", width: 50 }, { property: "Source" }],
  },
  HelpInfoShort: {
    kind: "table",
    columns: [{ property: "Name", width: 33 }, { property: "Category", width: 9 }, { property: "Synopsis" }],
  },
};

/** The views of a set of commands. */
export class Views {
  readonly #byType = new Map<string, View>();

  constructor(commands: Iterable<Cmdlet> = []) {
    for (const [type, view] of Object.entries(KNOWN)) this.#byType.set(type.toLowerCase(), view);
    for (const command of commands) {
      for (const { typeName, view } of command.declaration.output ?? [])
        if (view !== undefined) this.#byType.set(typeName.toLowerCase(), view);
    }
  }

  /** The view of the first type name that has one. */
  viewFor(typeNames: readonly string[]): View | undefined {
    for (const name of typeNames) {
      const view = this.#byType.get(name.replace(PREFIX, "").toLowerCase());
      if (view !== undefined) return view;
    }
    return undefined;
  }

  /** Type names with a view, as declared in lower case. */
  get types(): readonly string[] {
    return [...this.#byType.keys()];
  }

  entries(): IterableIterator<[type: string, view: View]> {
    return this.#byType.entries();
  }
}
