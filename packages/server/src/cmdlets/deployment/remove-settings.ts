/** Removes settings of a kind of which there are many: Remove-Cs<Kind>. */
import type { Cmdlet } from "@tieline/language";
import { refuse } from "../refusals.ts";
import { cmdlet, mine } from "../session.ts";
import type { SettingsKind } from "./settings-kind.ts";
import { described, example, FORCE, identityType } from "./settings-words.ts";
import { findSettings } from "./site-settings.ts";

export function removeSettings(kind: SettingsKind): Cmdlet {
  const noun = `Cs${kind.kind}`;
  return cmdlet({
    ...described(kind, "Remove"),
    synopsis: `Removes from ${kind.about}.`,
    examples: [
      example(`Remove-${noun} -Identity ${kind.example.name}`, "Removes it."),
      example(`Get-${noun} | Remove-${noun} -WhatIf`, "Shows what would be removed if all were."),
    ],
    supportsShouldProcess: true,
    parameters: {
      Identity: {
        type: identityType(kind),
        mandatory: true,
        position: 0,
        fromPipelineByPropertyName: true,
        help: "What is removed, by name.",
      },
      Force: FORCE,
    },
    async process(args, context) {
      const { settings } = mine(context);
      const found = await findSettings(context, kind, args.Identity);
      if (found === undefined) {
        return context.writeError(refuse("setting-not-found", { kind: kind.kind, name: args.Identity }, args.Identity));
      }
      if (!(await context.shouldProcess(found.name))) return;
      await kind.beforeRemoval?.(context, found);
      await settings.remove(kind.kind, found.name);
    },
  });
}
