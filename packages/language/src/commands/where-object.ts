/** Where-Object in its simple form (`Where-Object Enabled -eq $true`) and with a filter's text between braces. */
import type { PsValue } from "@tieline/remoting/objects";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import { defineCmdlet } from "../cmdlet/declaration.ts";
import type { ParameterDeclaration } from "../cmdlet/parameter.ts";
import { compileFilter } from "../filter/compile.ts";
import { parseFilter } from "../filter/parse.ts";
import { compareValues, equalValues, truth } from "../types/compare.ts";
import { propertyOf } from "../types/property.ts";
import { textOf } from "../types/text.ts";
import { elementsOf } from "../types/type-name.ts";
import { wildcard } from "../types/wildcard.ts";

type Test = (left: PsValue, right: PsValue, caseSensitive: boolean) => boolean;

const like: Test = (left, right, caseSensitive) => wildcard(textOf(right), { caseSensitive }).matches(textOf(left));
const among: Test = (left, right, caseSensitive) =>
  (elementsOf(right) ?? [right]).some((item) => equalValues(left, item, { caseSensitive }));
const ordered =
  (holds: (order: number) => boolean): Test =>
  (left, right, caseSensitive) => {
    const order = compareValues(left, right, { caseSensitive });
    return order !== undefined && holds(order);
  };

const TESTS: Readonly<Record<string, Test>> = {
  EQ: (left, right, caseSensitive) => equalValues(left, right, { caseSensitive }),
  NE: (left, right, caseSensitive) => !equalValues(left, right, { caseSensitive }),
  GT: ordered((order) => order > 0),
  GE: ordered((order) => order >= 0),
  LT: ordered((order) => order < 0),
  LE: ordered((order) => order <= 0),
  Like: like,
  NotLike: (...all) => !like(...all),
  Contains: (left, right, caseSensitive) => among(right, left, caseSensitive),
  NotContains: (left, right, caseSensitive) => !among(right, left, caseSensitive),
  In: among,
  NotIn: (...all) => !among(...all),
};

const operators: Record<string, ParameterDeclaration> = {};
for (const name of Object.keys(TESTS)) {
  operators[name] = { type: "switch", sets: { [`${name}Set`]: { mandatory: true } }, help: `Compares with -${name.toLowerCase()}.` };
  operators[`C${name}`] = { type: "switch", sets: { [`C${name}Set`]: { mandatory: true } }, hidden: true };
}
const sets = Object.keys(operators).map((name) => `${name}Set`);

export const whereObject: Cmdlet = defineCmdlet({
  name: "Where-Object",
  hidden: true,
  synopsis: "Lets the objects through that fulfil a condition.",
  description:
    "Where-Object compares a property with a value, or takes a filter between braces. A filter knows -eq -ne -gt -ge -lt -le -like -notlike -and -or -not and parentheses; it is no script.",
  examples: [
    { code: "Get-CsOnlineUser | Where-Object Enabled -eq $true", remarks: "Lets the enabled users through." },
    { code: "Get-CsOnlineUser | Where-Object { $_.SipAddress -like '*@contoso.com' }", remarks: "Lets the users of a domain through." },
  ],
  aliases: ["where", "?"],
  kind: "Function",
  parameters: {
    ...operators,
    InputObject: { type: "object", fromPipeline: true, help: "The objects." },
    FilterScript: { type: "string", sets: { ScriptBlockSet: { mandatory: true, position: 0 } }, help: "A filter between braces." },
    Property: { type: "string", mandatory: true, position: 0, sets: [...sets, "PropertySet", "Not"], help: "The property to compare." },
    Value: { type: "object", position: 1, sets: [...sets, "PropertySet"], help: "What to compare it with." },
    Not: { type: "switch", sets: { Not: { mandatory: true } }, help: "Lets through where the property is not true." },
  } as Readonly<Record<string, ParameterDeclaration>>,
  defaultSet: "PropertySet",
  stages(context) {
    let holds: (object: PsValue) => boolean = () => false;
    return {
      begin(args) {
        const property = typeof args["Property"] === "string" ? args["Property"] : "";
        const value = args["Value"] ?? null;
        const chosen = Object.keys(operators).find((name) => context.isBound(name) && args[name] === true);
        const caseSensitive = chosen !== undefined && TESTS[chosen] === undefined;
        const test = chosen === undefined ? undefined : (TESTS[chosen] ?? TESTS[chosen.slice(1)]);
        const filter = args["FilterScript"];
        if (typeof filter === "string") holds = compileFilter(parseFilter(filter), (object: PsValue, name) => propertyOf(object, name));
        else if (test !== undefined) holds = (object) => test(propertyOf(object, property) ?? null, value, caseSensitive);
        else if (/[$\s-]/.test(property) && !context.isBound("Value"))
          holds = compileFilter(parseFilter(property), (object: PsValue, name) => propertyOf(object, name));
        else if (context.isBound("Not")) holds = (object) => !truth(propertyOf(object, property) ?? null);
        else holds = (object) => truth(propertyOf(object, property) ?? null);
      },
      process(args) {
        const object = args["InputObject"] ?? null;
        return holds(object) ? context.write(object) : undefined;
      },
    };
  },
});
