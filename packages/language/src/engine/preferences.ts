/** What a session does with its streams when a command does not say; PowerShell's defaults. */
import type { ActionPreference } from "../cmdlet/common-parameters.ts";

export interface Preferences {
  readonly error: ActionPreference;
  readonly warning: ActionPreference;
  readonly verbose: ActionPreference;
  readonly debug: ActionPreference;
  readonly information: ActionPreference;
  readonly progress: ActionPreference;
  /** From which impact on a change is asked about. */
  readonly confirm: "None" | "Low" | "Medium" | "High";
  readonly whatIf: boolean;
}

export const DEFAULT_PREFERENCES: Preferences = {
  error: "Continue",
  warning: "Continue",
  verbose: "SilentlyContinue",
  debug: "SilentlyContinue",
  information: "SilentlyContinue",
  progress: "Continue",
  confirm: "High",
  whatIf: false,
};

export const IMPACTS = ["None", "Low", "Medium", "High"] as const;
