/** Sort-Object: by properties, stable, in the culture's order. */
import { PsDictionary, type PsValue } from "@tieline/remoting/objects";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import { defineCmdlet } from "../cmdlet/declaration.ts";
import { compareValues } from "../types/compare.ts";
import { propertyOf } from "../types/property.ts";
import { textOf } from "../types/text.ts";
import { baseOf } from "../types/type-name.ts";

interface Key {
  property: string | undefined;
  descending: boolean;
}

export const sortObject: Cmdlet = defineCmdlet({
  name: "Sort-Object",
  hidden: true,
  synopsis: "Sorts objects.",
  description: "Sort-Object gathers the objects and puts them out in order. Equal ones keep the order in which they came.",
  examples: [
    { code: "Get-CsOnlineUser | Sort-Object DisplayName", remarks: "Sorts the users by name." },
    { code: "Get-CsOnlineUser | Sort-Object WhenCreated -Descending", remarks: "The newest first." },
  ],
  aliases: ["sort"],
  kind: "Function",
  parameters: {
    Property: { type: "object[]", position: 0, help: "The properties to sort by." },
    InputObject: { type: "object", fromPipeline: true, help: "The objects." },
    Descending: { type: "switch", help: "The largest first." },
    Unique: { type: "switch", help: "Equal ones only once." },
    CaseSensitive: { type: "switch", help: "Letter case makes a difference." },
    Top: { type: "int", validate: { range: [1, 2147483647] }, help: "Only the first so many." },
    Bottom: { type: "int", validate: { range: [1, 2147483647] }, help: "Only the last so many." },
  },
  stages() {
    const objects: PsValue[] = [];
    let keys: Key[] = [];
    let caseSensitive = false;
    let unique = false;
    let top: number | undefined;
    let bottom: number | undefined;
    return {
      begin(args) {
        const descending = args.Descending ?? false;
        keys =
          args.Property == null || args.Property.length === 0
            ? [{ property: undefined, descending }]
            : args.Property.map((given) => readKey(given, descending));
        caseSensitive = args.CaseSensitive ?? false;
        unique = args.Unique ?? false;
        top = args.Top;
        bottom = args.Bottom;
      },
      process(args) {
        if (args.InputObject != null) objects.push(args.InputObject);
      },
      end() {
        const rows = objects.map((object) => ({
          object,
          by: keys.map(({ property }) => (property === undefined ? object : (propertyOf(object, property) ?? null))),
        }));
        const compare = (a: (typeof rows)[number], b: (typeof rows)[number]): number => {
          for (const [i, { descending }] of keys.entries()) {
            const order = compareValues(a.by[i] ?? null, b.by[i] ?? null, { caseSensitive }) ?? 0;
            if (order !== 0) return descending ? -order : order;
          }
          return 0;
        };
        let sorted = rows.toSorted(compare);
        if (unique) sorted = sorted.filter((row, i) => i === 0 || compare(sorted[i - 1] as (typeof rows)[number], row) !== 0);
        if (top !== undefined) sorted = sorted.slice(0, top);
        if (bottom !== undefined) sorted = sorted.slice(-bottom);
        return sorted.map(({ object }) => object);
      },
    };
  },
});

/** A name, or `@{ Expression = 'Name'; Descending = $true }`. */
function readKey(given: PsValue, descending: boolean): Key {
  const base = baseOf(given);
  if (!(base instanceof PsDictionary)) return { property: textOf(given), descending };
  const own = base.get("Descending");
  return { property: textOf(base.get("Expression") ?? base.get("e") ?? null), descending: typeof own === "boolean" ? own : descending };
}
