import { describe, expect, test } from "vitest";
import {
  LAB_TENANTS,
  servicePlan,
  userProperty,
  userValue,
  type ObjectId,
  type PlanAssignment,
  type Tenant,
  type UserRecord,
} from "../../directory/index.ts";
import type { HostedUser } from "./hosted-session.ts";
import { refusals, teamsModeAfter, type Question } from "./requirements.ts";

const plan = (name: string, status: PlanAssignment["status"] = "Enabled"): PlanAssignment => ({
  planId: servicePlan(name)?.id as string,
  status,
  assignedMs: 0,
});

const THERE: HostedUser = {
  sipAddress: "sip:ken@contoso.com",
  userPrincipalName: "ken@contoso.com",
  displayName: "Ken",
  hasEnterpriseVoice: false,
  hasDialInConferencing: false,
  lineUri: null,
};

const HERE: UserRecord = {
  objectId: "00000000-0000-4000-8000-000000000001" as ObjectId,
  userPrincipalName: "ken@contoso.com",
  sipAddress: "sip:ken@contoso.com",
  displayName: "Ken",
  accountName: "ken",
  enabled: true,
  hostingProvider: "SRV:",
  registrarPool: null,
  interpretedUserType: "HybridOnpremSfBUser",
  properties: { DirSyncEnabled: true, OnPremSipAddress: "sip:ken@contoso.com" },
  policies: {},
  plans: [plan("MCOSTANDARD"), plan("TEAMS1")],
  createdMs: 0,
  changedMs: 0,
};

interface Case {
  here?: Partial<UserRecord>;
  there?: Partial<HostedUser>;
  rest?: Partial<Question>;
}

/** The codes of everything that stands in the way. */
function told({ here, there, rest }: Case): string[] {
  const question: Question = {
    direction: "to-online",
    there: { ...THERE, ...there },
    here: { ...HERE, ...here },
    sharedAddressSpace: true,
    options: {},
    ...rest,
  };
  return refusals(question).map(({ code }) => code);
}

const AT_SERVICE = { hostingProvider: "sipfed.online.lync.com", registrarPool: "sippoolbn1a.infra.lync.com" };
const properties = (more: UserRecord["properties"]): Partial<UserRecord> => ({ properties: { ...HERE.properties, ...more } });

const TO_ONLINE: readonly [rule: string, asked: Case, codes: string[]][] = [
  ["whoever has all that is asked may come", {}, []],
  ["the tenant must share its address space", { rest: { sharedAddressSpace: false } }, ["hosted-migration-shared-address-space"]],
  ["the user must be synchronised", { here: properties({ DirSyncEnabled: false }) }, ["hosted-migration-not-synchronised"]],
  [
    "the address must be the synchronised one",
    { here: properties({ OnPremSipAddress: "sip:other@contoso.com" }) },
    ["hosted-migration-account"],
  ],
  ["in any letter case", { here: properties({ OnPremSipAddress: "sip:KEN@contoso.com" }) }, []],
  [
    "without validation errors, as a list",
    { here: properties({ MCOValidationErrors: ["InvalidProxyAddress"] }) },
    ["hosted-migration-account"],
  ],
  ["or as a text", { here: properties({ MCOValidationErrors: "InvalidProxyAddress" }) }, ["hosted-migration-account"]],
  ["an empty list of errors is none", { here: properties({ MCOValidationErrors: [] }) }, []],
  ["whoever is homed online already does not come again", { here: AT_SERVICE }, ["hosted-migration-homed-elsewhere"]],
  ["without any plan: 507", { here: { plans: [] } }, ["hosted-migration-licence"]],
  ["Teams alone is not Skype for Business", { here: { plans: [plan("TEAMS1")] } }, ["hosted-migration-licence"]],
  ["a plan in its grace period counts", { here: { plans: [plan("MCOSTANDARD", "Warning")] } }, []],
  ["a suspended plan does not", { here: { plans: [plan("MCOSTANDARD", "Suspended")] } }, ["hosted-migration-licence"]],
  ["nor a deleted one", { here: { plans: [plan("MCOSTANDARD", "Deleted")] } }, ["hosted-migration-licence"]],
  [
    "-MoveToTeams wants Teams",
    { here: { plans: [plan("MCOSTANDARD")] }, rest: { options: { moveToTeams: true } } },
    ["hosted-migration-teams-licence"],
  ],
  ["and Teams alone", { here: { plans: [plan("TEAMS1")] }, rest: { options: { moveToTeams: true } } }, []],
  [
    "who waits for being provisioned waits",
    { here: { interpretedUserType: "HybridOnlineDisabledUserNeedsProvisioning" } },
    ["move-not-provisioned"],
  ],
  ["of whatever kind", { here: { interpretedUserType: "DirSyncSfBUserNeedsProvisioning" } }, ["move-not-provisioned"]],
  ["dial-in conferencing wants its plan", { there: { hasDialInConferencing: true } }, ["hosted-migration-conferencing-licence"]],
  ["or the switch", { there: { hasDialInConferencing: true }, rest: { options: { bypassAudioConferencingCheck: true } } }, []],
  [
    "not the other switch",
    { there: { hasDialInConferencing: true }, rest: { options: { bypassEnterpriseVoiceCheck: true } } },
    ["hosted-migration-conferencing-licence"],
  ],
  ["the plan is enough", { here: { plans: [...HERE.plans, plan("MCOMEETADV")] }, there: { hasDialInConferencing: true } }, []],
  ["Enterprise Voice wants its plan", { there: { hasEnterpriseVoice: true } }, ["hosted-migration-voice-licence"]],
  ["or the switch", { there: { hasEnterpriseVoice: true }, rest: { options: { bypassEnterpriseVoiceCheck: true } } }, []],
  ["the plan is enough", { here: { plans: [...HERE.plans, plan("MCOEV")] }, there: { hasEnterpriseVoice: true } }, []],
  [
    "-Force passes none of these by",
    { here: { plans: [] }, there: { hasEnterpriseVoice: true }, rest: { options: { force: true } } },
    ["hosted-migration-licence", "hosted-migration-voice-licence"],
  ],
  [
    "everything is told at once, in order",
    {
      here: { plans: [], ...AT_SERVICE, properties: {} },
      there: { hasDialInConferencing: true, hasEnterpriseVoice: true },
      rest: { sharedAddressSpace: false },
    },
    [
      "hosted-migration-shared-address-space",
      "hosted-migration-not-synchronised",
      "hosted-migration-homed-elsewhere",
      "hosted-migration-licence",
      "hosted-migration-conferencing-licence",
      "hosted-migration-voice-licence",
    ],
  ],
];

const TO_POOL: readonly [rule: string, asked: Case, codes: string[]][] = [
  ["whoever is homed online may go, without a licence", { here: { ...AT_SERVICE, plans: [] }, there: { hasEnterpriseVoice: true } }, []],
  ["whoever is homed on premises is not here", {}, ["hosted-migration-homed-elsewhere"]],
  ["nor whoever is homed nowhere", { here: { hostingProvider: null } }, ["hosted-migration-homed-elsewhere"]],
  [
    "the tenant must share its address space",
    { here: AT_SERVICE, rest: { sharedAddressSpace: false } },
    ["hosted-migration-shared-address-space"],
  ],
  ["who was made online has nowhere to go", { here: { ...AT_SERVICE, properties: {} } }, ["hosted-migration-not-synchronised"]],
];

describe("coming", () => {
  test.each(TO_ONLINE)("%s", (_rule, asked, codes) => {
    expect(told(asked)).toEqual(codes);
  });
});

describe("going", () => {
  test.each(TO_POOL)("%s", (_rule, { here, there, rest }, codes) => {
    expect(
      told({ ...(here === undefined ? {} : { here }), ...(there === undefined ? {} : { there }), rest: { ...rest, direction: "to-pool" } }),
    ).toEqual(codes);
  });
});

test("the number of the vendor stands in the text", () => {
  const [fault] = refusals({ direction: "to-online", there: THERE, here: { ...HERE, plans: [] }, sharedAddressSpace: true, options: {} });
  expect(fault?.message).toBe(
    "HostedMigration fault: Error=(507), Description=(User must has an assigned license to use Skype for Business Online.)",
  );
});

test.each([
  [undefined, {}, "SfBOnly"],
  [undefined, { moveToTeams: true }, "TeamsOnly"],
  ["UpgradeToTeams", {}, "TeamsOnly"],
  ["islands", {}, "Islands"],
  ["SfBWithTeamsCollab", {}, "SfBWithTeamsCollab"],
  ["SfBWithTeamsCollab", { moveToTeams: true }, "TeamsOnly"],
  ["OfTheirOwn", {}, "OfTheirOwn"],
] as const)("with TeamsUpgradePolicy %s and %j the user works as %s", (granted, options, mode) => {
  const policies: Record<string, string> = granted === undefined ? {} : { TeamsUpgradePolicy: granted };
  expect(teamsModeAfter({ ...HERE, policies }, options)).toBe(mode);
});

test.each(["Enabled", "Warning", "Suspended", "Deleted"] as const)("what is asked for is what ProvisionedPlan shows: %s", (status) => {
  const plans = [plan("MCOSTANDARD", status)];
  const property = userProperty("ProvisionedPlan");
  if (property === undefined) throw new Error("no ProvisionedPlan");
  const shown = userValue(property, { ...HERE, plans }, LAB_TENANTS[0]?.tenant as Tenant) as readonly string[];
  const isInForce = status === "Enabled" || status === "Warning";
  expect([shown.length, told({ here: { plans } })]).toEqual(isInForce ? [1, []] : [0, ["hosted-migration-licence"]]);
});
