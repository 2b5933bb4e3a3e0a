/** What is known of a kind of settings; the table of them is in settings-kinds.ts. */
import type { ErrorRecordParts, ParameterType } from "@tieline/language";
import type { Fault } from "@tieline/fault";
import type { PsValue } from "@tieline/remoting/objects";
import type { SiteSetting } from "../../directory/index.ts";
import type { Json, JsonRecord } from "../../store/index.ts";
import type { PolicySetting } from "../policies/policy-settings.ts";
import type { SessionContext } from "../session.ts";

export interface KindSetting extends PolicySetting {
  /** New- wants it. */
  mandatory?: true;
  /** The sets of Set- that have it; all of them where left out. */
  sets?: readonly string[];
  /** False where no parameter sets it. */
  isParameter?: false;
  /** Where its type alone does not say how it is given, kept and shown. */
  form?: SettingForm;
}

export interface SettingForm {
  type: ParameterType;
  /** Under which name it is kept, where that is another setting's: then it is not shown. */
  of?: string;
  /** What is kept of a value, given what is kept so far. */
  keep: (value: PsValue, before: Json | undefined) => Json;
  show: (kept: Json | undefined) => PsValue;
}

/** A form that a kind's object takes: chosen by the parameter set of Set-, kept in the setting `by`. */
export interface Variant {
  set: string;
  /** The switch that asks for it; also the value of the setting. */
  name: string;
  help: string;
  typeName: string;
}

/** What may be wrong with settings before they are kept. */
export interface Candidate {
  verb: "New" | "Set";
  name: string;
  /** All settings as they would be. */
  settings: JsonRecord;
  others: readonly SiteSetting[];
}

export interface SettingsKind {
  /** HostingProvider: the noun without Cs. */
  kind: string;
  site: "pool" | "online";
  typeName: string;
  /** One, with the identity Global, or many by their names. */
  instances: "one" | "many";
  /** The property that repeats the identity. */
  nameProperty?: string;
  /** The set of New- in which the name is given by that property's parameter instead of -Identity. */
  nameSet?: string;
  settings: readonly KindSetting[];
  variants?: { by: string; of: readonly Variant[] };
  /** Whether Set- takes an object by the pipeline. */
  isPiped: boolean;
  /** To go on after "Shows", "Changes", ... */
  about: string;
  description: string;
  example: { name: string; change: string; make?: string };
  judge?: (context: SessionContext, candidate: Candidate) => ErrorRecordParts | Fault | undefined;
  /** What to say before something is removed. */
  beforeRemoval?: (context: SessionContext, setting: Pick<SiteSetting, "name" | "settings">) => Promise<void>;
}
