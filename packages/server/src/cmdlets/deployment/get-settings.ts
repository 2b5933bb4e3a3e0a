/** Shows settings: Get-Cs<Kind>. */
import { textOf, type Cmdlet, type ParameterDeclaration } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import { refuse } from "../refusals.ts";
import { checkTenant, cmdlet } from "../session.ts";
import type { SettingsKind } from "./settings-kind.ts";
import { described, example, identityType, tenantParameter, viewOf } from "./settings-words.ts";
import { findSettings, settingsLike, settingsObject } from "./site-settings.ts";

export function getSettings(kind: SettingsKind): Cmdlet {
  const noun = `Cs${kind.kind}`;
  return cmdlet({
    ...described(kind, "Get"),
    synopsis: `Shows ${kind.about}.`,
    examples: [
      example(`Get-${noun}`, kind.instances === "many" ? "Shows all of them." : "Shows the settings."),
      example(`Get-${noun} -Identity ${kind.example.name}`, "Shows those of this identity."),
      example(`Get-${noun} -Filter "*${kind.example.name.slice(1, 4)}*"`, "Shows those whose identity fits the pattern."),
    ],
    output:
      kind.variants === undefined
        ? [{ typeName: kind.typeName, view: viewOf(kind) }]
        : kind.variants.of.map(({ typeName, name }) => ({ typeName, view: viewOf(kind, name) })),
    defaultSet: "Identity",
    parameters: {
      Identity: { type: identityType(kind), position: 0, sets: ["Identity"], help: "Whose settings, by identity; all when left out." },
      Filter: { type: "string", sets: ["Filter"], help: "A pattern with * for the identities to show." },
      LocalStore: { type: "switch", help: "Asks the local copy of the configuration. There is one copy here: it changes nothing." },
      ...tenantParameter(kind),
    } as Readonly<Record<string, ParameterDeclaration>>,
    async process(args, context) {
      checkTenant(context, args["Tenant"] as { text: string } | null | undefined);
      const identity = textOf((args["Identity"] as PsValue | undefined) ?? null);
      if (identity === "") {
        const pattern = textOf((args["Filter"] as PsValue | undefined) ?? null);
        for (const each of await settingsLike(context, kind, pattern === "" ? "*" : pattern))
          await context.write(settingsObject(kind, each));
        return;
      }
      const found = await findSettings(context, kind, identity);
      if (found === undefined) context.writeError(refuse("setting-not-found", { kind: kind.kind, name: identity }, identity));
      else await context.write(settingsObject(kind, found));
    },
  });
}
