/**
 * What the service asks of a user before it lets one come or go: a rule a line, each with the fault that it ends in and the
 * switch that passes it by. Licences are judged by service plan (the vendor's GUIDs), as founding document 000 tells.
 */
import { Fault } from "@tieline/fault";
import { homedAtService, isProvisioned, servicePlan, type UserRecord } from "../../directory/index.ts";
import type { MoveOptions } from "../moves/move.ts";
import type { HostedUser } from "./hosted-session.ts";

export interface Question {
  direction: "to-online" | "to-pool";
  /** What the pool says. */
  there: HostedUser;
  /** The tenant's user of that SIP address. */
  here: UserRecord;
  sharedAddressSpace: boolean;
  options: MoveOptions;
}

interface Requirement {
  /** Which moves it is asked of. */
  direction: Question["direction"] | "both";
  passedBy?: keyof MoveOptions;
  /** The fault, or nothing. */
  refuse: (question: Question) => Fault | undefined;
}

/** In the order in which they are asked; the first refusal is what Move-CsUser says. */
const REQUIREMENTS: readonly Requirement[] = [
  {
    direction: "both",
    refuse: ({ sharedAddressSpace }) => (sharedAddressSpace ? undefined : new Fault("hosted-migration-shared-address-space")),
  },
  {
    direction: "both",
    refuse: ({ here, there }) =>
      here.properties["DirSyncEnabled"] === true ? undefined : new Fault("hosted-migration-not-synchronised", { user: there.sipAddress }),
  },
  {
    direction: "to-online",
    refuse: ({ here, there }) => {
      const synced = here.properties["OnPremSipAddress"];
      const isTheSame = typeof synced !== "string" || synced.toLowerCase() === there.sipAddress.toLowerCase();
      return isTheSame && !hasErrors(here) ? undefined : new Fault("hosted-migration-account");
    },
  },
  {
    direction: "to-online",
    refuse: ({ here, there }) =>
      homedAtService(here) === "online"
        ? new Fault("hosted-migration-homed-elsewhere", { user: there.sipAddress, homed: "online" })
        : undefined,
  },
  {
    direction: "to-pool",
    refuse: ({ here, there }) => {
      const homed = homedAtService(here);
      return homed === "online" ? undefined : new Fault("hosted-migration-homed-elsewhere", { user: there.sipAddress, homed });
    },
  },
  {
    // Without -MoveToTeams it is Skype for Business that the user needs, with it Teams.
    direction: "to-online",
    refuse: ({ here, options }) => {
      if (options.moveToTeams === true) return hasPlan(here, "TEAMS1") ? undefined : new Fault("hosted-migration-teams-licence");
      return hasPlan(here, "MCOSTANDARD") ? undefined : new Fault("hosted-migration-licence");
    },
  },
  {
    // The service has not made its own user of the directory's yet; what it moves there now would be made anew.
    direction: "to-online",
    refuse: ({ here }) =>
      here.interpretedUserType?.endsWith("NeedsProvisioning") === true ? new Fault("move-not-provisioned") : undefined,
  },
  {
    direction: "to-online",
    passedBy: "bypassAudioConferencingCheck",
    refuse: ({ here, there }) =>
      !there.hasDialInConferencing || hasPlan(here, "MCOMEETADV") ? undefined : new Fault("hosted-migration-conferencing-licence"),
  },
  {
    direction: "to-online",
    passedBy: "bypassEnterpriseVoiceCheck",
    refuse: ({ here, there }) =>
      !there.hasEnterpriseVoice || hasPlan(here, "MCOEV") ? undefined : new Fault("hosted-migration-voice-licence"),
  },
];

/** Everything that stands in the way, the first first. */
export function refusals(question: Question): Fault[] {
  return REQUIREMENTS.filter(({ direction }) => direction === "both" || direction === question.direction)
    .filter(({ passedBy }) => passedBy === undefined || question.options[passedBy] !== true)
    .flatMap(({ refuse }) => refuse(question) ?? []);
}

/** By the plan's name; one in its grace period counts, one that is suspended does not. */
export function hasPlan(user: UserRecord, name: string): boolean {
  const id = servicePlan(name)?.id;
  return user.plans.some((plan) => plan.planId === id && isProvisioned(plan));
}

function hasErrors({ properties }: UserRecord): boolean {
  const errors = properties["MCOValidationErrors"];
  return Array.isArray(errors) ? errors.length > 0 : typeof errors === "string" && errors !== "";
}

/** How the user works after a move online: Teams alone where that was asked for and is licensed. */
export function teamsModeAfter(user: UserRecord, options: MoveOptions): string {
  const granted = user.policies["TeamsUpgradePolicy"];
  if (options.moveToTeams === true) return "TeamsOnly";
  return granted === undefined ? "SfBOnly" : (EFFECTIVE[granted.toLowerCase()] ?? granted);
}

/** TeamsUpgradePolicy's instances and the mode that each means. */
const EFFECTIVE: Readonly<Record<string, string>> = {
  upgradetoteams: "TeamsOnly",
  islands: "Islands",
  islandswithnotify: "Islands",
  sfbonly: "SfBOnly",
  sfbonlywithnotify: "SfBOnly",
  sfbwithteamscollab: "SfBWithTeamsCollab",
  sfbwithteamscollabwithnotify: "SfBWithTeamsCollab",
  sfbwithteamscollabandmeetings: "SfBWithTeamsCollabAndMeetings",
  sfbwithteamscollabandmeetingswithnotify: "SfBWithTeamsCollabAndMeetings",
};
