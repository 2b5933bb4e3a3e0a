/** Makes settings of a kind of which there are many: New-Cs<Kind>. */
import type { Fault } from "@tieline/fault";
import { textOf, type Cmdlet, type ErrorRecordParts, type ParameterDeclaration } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import type { SiteSetting } from "../../directory/index.ts";
import type { Json, JsonRecord } from "../../store/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, mine } from "../session.ts";
import type { SettingsKind } from "./settings-kind.ts";
import { described, example, FORCE, identityType, kindParameters, viewOf } from "./settings-words.ts";
import { alone, givenSettings, settingsObject } from "./site-settings.ts";

/** Ours. */
const NAME = /^[\p{L}\p{N} ._()&+'-]{1,253}$/u;

export function newSettings(kind: SettingsKind): Cmdlet {
  const noun = `Cs${kind.kind}`;
  const { name, make = "", change } = kind.example;
  const { nameSet, nameProperty = "Name" } = kind;
  return cmdlet({
    ...described(kind, "New"),
    synopsis: `Adds to ${kind.about}.`,
    examples: [
      example(`New-${noun} -Identity ${name} ${make || change}`, "Makes it and shows it."),
      example(`New-${noun} -Identity ${name} ${make || change} -InMemory`, "Shows what would be made and keeps nothing."),
    ],
    output: [{ typeName: kind.typeName, view: viewOf(kind) }],
    supportsShouldProcess: true,
    ...(nameSet === undefined ? {} : { defaultSet: "Identity" }),
    parameters: {
      Identity: {
        type: identityType(kind),
        mandatory: true,
        position: 0,
        help: "The name of what is made.",
        ...(nameSet === undefined ? {} : { sets: ["Identity"] }),
      },
      ...(nameSet === undefined
        ? {}
        : {
            [nameProperty]: {
              type: "string",
              mandatory: true,
              sets: [nameSet],
              help: "The same, under the name that the object gives it.",
            },
          }),
      ...kindParameters(kind, "New"),
      InMemory: { type: "switch", help: "Makes the object and keeps nothing." },
      Force: FORCE,
    } as Readonly<Record<string, ParameterDeclaration>>,
    async process(given, context) {
      const args = given as Readonly<Record<string, PsValue | undefined>>;
      const wanted = textOf(args["Identity"] ?? args[nameProperty] ?? null).trim();
      if (!NAME.test(wanted)) context.fail(refuse("setting-name", { kind: kind.kind, name: wanted }, wanted));
      const defaults = kind.settings
        .filter((setting) => setting.default !== undefined)
        .map((setting) => [setting.name, setting.default as Json]);
      const settings: Record<string, Json> = { ...Object.fromEntries(defaults), ...givenSettings(kind, context, args, {}) };
      const judge = (others: readonly SiteSetting[]): ErrorRecordParts | Fault | undefined =>
        kind.judge?.(context, { verb: "New", name: wanted, settings, others });
      const refusal = judge(await mine(context).settings.list(kind.kind));
      if (refusal !== undefined) context.fail(refusal);
      if (args["InMemory"] !== true) {
        if (!(await context.shouldProcess(wanted))) return;
        const late = await alone(context, kind, async (kept, nowMs) => {
          const found = judge(await kept.list(kind.kind));
          if (found === undefined) await kept.add(kind.kind, wanted, withoutNulls(settings), nowMs);
          return found;
        });
        if (late !== undefined) context.fail(late);
      }
      await context.write(settingsObject(kind, { name: wanted, settings }));
    },
  });
}

function withoutNulls(settings: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}
