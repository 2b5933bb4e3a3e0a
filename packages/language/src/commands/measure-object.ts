/** Measure-Object: how many, and sums over a property. */
import { Double, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import type { CmdletContext } from "../cmdlet/context.ts";
import { defineCmdlet } from "../cmdlet/declaration.ts";
import { compareValues } from "../types/compare.ts";
import { numberOf } from "../types/numbers.ts";
import { propertyNames, propertyOf } from "../types/property.ts";
import { textOf } from "../types/text.ts";
import { baseOf } from "../types/type-name.ts";
import { hasWildcard, wildcard } from "../types/wildcard.ts";

const TYPES = ["Microsoft.PowerShell.Commands.GenericMeasureInfo", "Microsoft.PowerShell.Commands.MeasureInfo", "System.Object"];
const SUFFIX = "Microsoft.PowerShell.Commands.MeasureObjectCommand";

interface Wanted {
  sum: boolean;
  average: boolean;
  maximum: boolean;
  minimum: boolean;
  deviation: boolean;
}

class Measured {
  readonly property: string | null;
  readonly #wanted: Wanted;
  #count = 0;
  #sum = 0;
  #mean = 0;
  #squares = 0;
  #maximum: PsValue = null;
  #minimum: PsValue = null;

  constructor(property: string | null, wanted: Wanted) {
    this.property = property;
    this.#wanted = wanted;
  }

  take(value: PsValue, context: CmdletContext): void {
    this.#count++;
    const { sum, average, maximum, minimum, deviation } = this.#wanted;
    if (sum || average || deviation) {
      const base = baseOf(value);
      const number = numberOf(base) ?? (typeof base === "string" && base.trim() !== "" ? Number(base) : Number.NaN);
      if (Number.isNaN(Number(number))) {
        context.writeError({
          message: `Input object "${textOf(value)}" is not numeric.`,
          id: `NonNumericInputObject,${SUFFIX}`,
          category: "InvalidType",
          type: "PSInvalidCastException",
          target: value,
        });
        return;
      }
      const plain = Number(number);
      this.#sum += plain;
      // Welford: the deviation of large numbers keeps its digits.
      const before = this.#mean;
      this.#mean += (plain - before) / this.#count;
      this.#squares += (plain - before) * (plain - this.#mean);
    }
    const measured = (old: PsValue, better: (order: number) => boolean): PsValue =>
      old === null || better(compareValues(value, old) ?? 0) ? extreme(value) : old;
    if (maximum) this.#maximum = measured(this.#maximum, (order) => order > 0);
    if (minimum) this.#minimum = measured(this.#minimum, (order) => order < 0);
  }

  result(): PsObject {
    const { sum, average, deviation } = this.#wanted;
    const none = this.#count === 0;
    const object = new PsObject({ typeNames: TYPES, text: TYPES[0] });
    object.set("Count", this.#count, "adapted");
    object.set("Average", average && !none ? new Double(this.#sum / this.#count) : null, "adapted");
    object.set("Sum", sum ? new Double(this.#sum) : null, "adapted");
    object.set("Maximum", this.#maximum, "adapted");
    object.set("Minimum", this.#minimum, "adapted");
    object.set(
      "StandardDeviation",
      deviation && !none ? new Double(this.#count < 2 ? 0 : Math.sqrt(this.#squares / (this.#count - 1))) : null,
      "adapted",
    );
    object.set("Property", this.property, "adapted");
    return object;
  }
}

/** Numbers are measured as doubles, as PowerShell does; what is no number stays. */
function extreme(value: PsValue): PsValue {
  const number = numberOf(value);
  return number === undefined || typeof baseOf(value) === "boolean" ? value : new Double(Number(number));
}

export const measureObject: Cmdlet = defineCmdlet({
  name: "Measure-Object",
  synopsis: "Counts objects and sums up their numeric properties.",
  description:
    "Measure-Object counts what comes in. With -Property it measures the values of that property: sum, average, largest and smallest.",
  examples: [
    { code: "Get-CsOnlineUser | Measure-Object", remarks: "Says how many users there are." },
    {
      code: "Get-CsOnlineUser -Filter { Enabled -eq $true } | Measure-Object | Select-Object -ExpandProperty Count",
      remarks: "Gives the number alone.",
    },
  ],
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=113349",
  kind: "Function",
  parameters: {
    InputObject: { type: "object", fromPipeline: true, help: "The objects." },
    Property: {
      type: "string[]",
      position: 0,
      validate: { notNullOrEmpty: true },
      help: "The properties to measure, by name or wildcard.",
    },
    Sum: { type: "switch", help: "Adds up." },
    Average: { type: "switch", help: "Gives the mean." },
    Maximum: { type: "switch", help: "Gives the largest." },
    Minimum: { type: "switch", help: "Gives the smallest." },
    StandardDeviation: { type: "switch", help: "Gives the standard deviation." },
    AllStats: { type: "switch", help: "Gives all of these." },
  },
  output: [
    {
      typeName: TYPES[0] as string,
      view: {
        kind: "list",
        columns: ["Count", "Average", "Sum", "Maximum", "Minimum", "StandardDeviation", "Property"].map((property) => ({ property })),
      },
    },
  ],
  stages(context) {
    const measures = new Map<string, Measured>();
    let properties: readonly string[] | undefined;
    let wanted: Wanted;
    const measure = (name: string, value: PsValue): void => {
      let measured = measures.get(name.toLowerCase());
      if (measured === undefined) measures.set(name.toLowerCase(), (measured = new Measured(name === "" ? null : name, wanted)));
      measured.take(value, context);
    };
    return {
      begin(args) {
        properties = args.Property ?? undefined;
        const all = args.AllStats === true;
        wanted = {
          sum: all || args.Sum === true,
          average: all || args.Average === true,
          maximum: all || args.Maximum === true,
          minimum: all || args.Minimum === true,
          deviation: all || args.StandardDeviation === true,
        };
        if (properties === undefined) measures.set("", new Measured(null, wanted));
      },
      process(args) {
        const input = args.InputObject ?? null;
        if (input === null) return;
        if (properties === undefined) return measure("", input);
        for (const property of properties) {
          const names = hasWildcard(property) ? propertyNames(input).filter((name) => wildcard(property).matches(name)) : [property];
          for (const name of names) {
            const value = propertyOf(input, name);
            if (value !== undefined && value !== null) measure(name, value);
          }
        }
      },
      end: () => [...measures.values()].map((measured) => measured.result()),
    };
  },
});
