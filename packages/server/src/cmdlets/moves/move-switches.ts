/** The switches that say how users are moved: of Move-CsUser, and of a batch for all of its users. */
import type { ParameterDeclaration } from "@tieline/language";
import type { MoveOptions } from "../../migration/index.ts";

export const MOVE_SWITCHES = {
  Force: { type: "switch", help: "Moves without contacts, meetings and the rest, which are lost." },
  BypassAudioConferencingCheck: { type: "switch", help: "Moves users with dial-in conferencing who have no licence for it." },
  BypassEnterpriseVoiceCheck: { type: "switch", help: "Moves users with Enterprise Voice who have no licence for it." },
  MoveToTeams: { type: "switch", help: "The users work with Teams alone afterwards." },
} as const satisfies Readonly<Record<string, ParameterDeclaration>>;

export type MoveSwitches = { [name in keyof typeof MOVE_SWITCHES | "MoveConferenceData"]?: boolean | undefined };

export function moveOptionsOf(args: MoveSwitches): MoveOptions {
  return {
    ...(args.Force === true ? { force: true } : {}),
    ...(args.MoveToTeams === true ? { moveToTeams: true } : {}),
    ...(args.MoveConferenceData === true ? { moveConferenceData: true } : {}),
    ...(args.BypassAudioConferencingCheck === true ? { bypassAudioConferencingCheck: true } : {}),
    ...(args.BypassEnterpriseVoiceCheck === true ? { bypassEnterpriseVoiceCheck: true } : {}),
  };
}
