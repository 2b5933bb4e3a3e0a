/** The cmdlets of each kind of settings, made of its entry. */
import type { Cmdlet } from "@tieline/language";
import { getSettings } from "./get-settings.ts";
import { newSettings } from "./new-settings.ts";
import { removeSettings } from "./remove-settings.ts";
import { setSettings } from "./set-settings.ts";
import type { SettingsKind } from "./settings-kind.ts";
import { SETTINGS_KINDS } from "./settings-kinds.ts";

function cmdletsOf(kind: SettingsKind): Cmdlet[] {
  return kind.instances === "one"
    ? [getSettings(kind), setSettings(kind)]
    : [getSettings(kind), newSettings(kind), setSettings(kind), removeSettings(kind)];
}

const of = (site: SettingsKind["site"]): Cmdlet[] => SETTINGS_KINDS.filter((kind) => kind.site === site).flatMap(cmdletsOf);

export const POOL_SETTINGS: readonly Cmdlet[] = of("pool");
export const TENANT_SETTINGS: readonly Cmdlet[] = of("online");
