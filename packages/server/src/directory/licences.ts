/**
 * Licences: what is sold (a SKU) consists of service plans, and the plans are what a user has or lacks.
 *
 * The ids are the public ones; which SKU holds which plans is ours where it is more than the plan of the same name.
 */

export interface ServicePlan {
  name: string;
  id: string;
  /** FeatureTypes of Get-CsOnlineUser that the plan brings; the assignment is ours. */
  features: readonly string[];
}

export const SERVICE_PLANS: readonly ServicePlan[] = [
  { name: "TEAMS1", id: "57ff2da0-773e-42df-b2af-ffb7a2317929", features: ["Teams"] },
  { name: "MCOSTANDARD", id: "0feaeb32-d00e-4d66-bd5a-43b5b83db82c", features: [] },
  { name: "MCOSTANDARD_MIDMARKET", id: "b2669e95-76ef-4e7e-a367-002f60a39f3e", features: [] },
  { name: "MCOMEETADV", id: "3e26ee1f-8a5f-4d52-aee2-b81ce45c8f40", features: ["AudioConferencing"] },
  { name: "MCOEV", id: "4828c8ec-dc2e-4779-b502-87ac9ce28ab7", features: ["PhoneSystem"] },
  { name: "MCOEV_VIRTUALUSER", id: "f47330e9-c134-43b3-9993-e7f004506889", features: ["VoiceApp"] },
  { name: "MCOPSTN1", id: "4ed3ff63-69d7-4fb7-b984-5aec7f605ca8", features: ["CallingPlan"] },
  { name: "MCOPSTN2", id: "5a10155d-f5c1-411a-a8ec-e99aae125390", features: ["CallingPlan"] },
  { name: "MCOPSTN5", id: "54a152dc-90de-4996-93d2-bc47e670fc06", features: ["CallingPlan"] },
  { name: "MCOPSTNC", id: "505e180f-f7e0-4b65-91d4-00d670bbd18c", features: ["CommunicationCredits"] },
  { name: "TEAMS_AR_DOD", id: "fd500458-c24c-478e-856c-a6067a8376cd", features: ["Teams"] },
  { name: "TEAMS_AR_GCCHIGH", id: "9953b155-8aef-4c56-92f3-72b0487fce41", features: ["Teams"] },
];

export interface Sku {
  name: string;
  id: string;
  plans: readonly string[];
}

export const SKUS: readonly Sku[] = [
  { name: "MCOSTANDARD", id: "d42c793f-6c78-4f43-92ca-e8f6a02b035f", plans: ["MCOSTANDARD", "TEAMS1"] },
  { name: "MCOIMP", id: "b8b749f8-a4ef-4887-9539-c95b1eaa5db7", plans: ["MCOSTANDARD"] },
  { name: "MCOMEETADV", id: "0c266dff-15dd-4b49-8397-2bb16070ed52", plans: ["MCOMEETADV"] },
  { name: "MCOEV", id: "e43b5b99-8dfb-405f-9987-dc307f34bcbd", plans: ["MCOEV"] },
  { name: "MCOPSTN1", id: "0dab259f-bf13-4952-b7f8-7db8f131b28d", plans: ["MCOPSTN1"] },
  { name: "MCOPSTN2", id: "d3b4fe1f-9992-4930-8acb-ca6ec609365e", plans: ["MCOPSTN2"] },
];

const BY_ID = new Map(SERVICE_PLANS.map((plan) => [plan.id, plan]));
const BY_NAME = new Map(SERVICE_PLANS.map((plan) => [plan.name.toLowerCase(), plan]));

/** By GUID or by name, in any letter case. */
export function servicePlan(idOrName: string): ServicePlan | undefined {
  const wanted = idOrName.toLowerCase();
  return BY_ID.get(wanted) ?? BY_NAME.get(wanted);
}

export type PlanStatus = "Enabled" | "Warning" | "Suspended" | "Deleted";

export interface PlanAssignment {
  /** GUID of the service plan, known or not. */
  planId: string;
  status: PlanStatus;
  assignedMs: number;
}

/** Whether the service gives what the plan promises: also in the grace period, and no longer when that is over. */
export function isProvisioned({ status }: PlanAssignment): boolean {
  return status === "Enabled" || status === "Warning";
}

/** How `AssignedPlan` showed a plan until module 3.0: one XML document a plan. Its exact form is not verified; this one is ours. */
export function assignedPlanXml(plan: PlanAssignment): string {
  const key = `${plan.planId} ${plan.status} ${plan.assignedMs}`;
  let made = PLAN_XML.get(key);
  if (made === undefined) {
    if (PLAN_XML.size >= MOST_PLAN_XML) PLAN_XML.clear();
    made = planXml(plan);
    PLAN_XML.set(key, made);
  }
  return made;
}

/** Whole departments have the same plans since the same day: their text is made once. */
const PLAN_XML = new Map<string, string>();
const MOST_PLAN_XML = 10_000;

function planXml(plan: PlanAssignment): string {
  const name = BY_ID.get(plan.planId)?.name ?? "";
  const status = STATUS_NUMBER[plan.status];
  return (
    `<XmlValueAssignedPlan xmlns="http://schemas.microsoft.com/online/directoryservices/change/2008/11">` +
    `<Plan ServicePlanId="${plan.planId}" CapabilityStatus="${status}" AssignedTimestamp="${new Date(plan.assignedMs).toISOString()}">` +
    `<Capability Plan="${name}" /></Plan></XmlValueAssignedPlan>`
  );
}

const STATUS_NUMBER: Readonly<Record<PlanStatus, number>> = { Enabled: 0, Warning: 1, Suspended: 2, Deleted: 3 };
const STATUS = Object.keys(STATUS_NUMBER) as PlanStatus[];

/** The plans that a text of `AssignedPlan` names: our XML, the JSON of later modules, or plain names and GUIDs. */
export function parseAssignedPlans(text: string, assignedMs: number): PlanAssignment[] {
  const plans = new Map<string, PlanAssignment>();
  const add = (idOrName: string, status: PlanStatus, ms: number): void => {
    const planId = servicePlan(idOrName)?.id ?? idOrName.toLowerCase();
    plans.set(planId, { planId, status, assignedMs: ms });
  };
  const xml = Array.from(text.matchAll(/<Plan\s[^<>]*>/g), (match) => match[0]);
  if (xml.length > 0) {
    for (const element of xml) {
      const id = /\bServicePlanId="([0-9a-fA-F-]{36})"/.exec(element)?.[1];
      const status = STATUS[Number(/\bCapabilityStatus="(\d)"/.exec(element)?.[1] ?? 0)] ?? "Enabled";
      const at = Date.parse(/\bAssignedTimestamp="([^"]*)"/.exec(element)?.[1] ?? "");
      if (id !== undefined) add(id, status, Number.isNaN(at) ? assignedMs : at);
    }
    return [...plans.values()];
  }
  const json = Array.from(text.matchAll(/\{[^{}]*\}/g), ([found]) => planOfJson(found)).filter((plan) => plan !== undefined);
  if (json.length > 0) {
    for (const { id, status, assignedAt } of json) add(id, status, Number.isNaN(assignedAt) ? assignedMs : assignedAt);
    return [...plans.values()];
  }
  for (const match of text.matchAll(/[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z][A-Za-z0-9_]*/g)) {
    if (servicePlan(match[0]) !== undefined) add(match[0], "Enabled", assignedMs);
  }
  return [...plans.values()];
}

/** One plan as `AssignedPlan` shows it since module 3.0; undefined where it is none, or none that has a name here. */
function planOfJson(text: string): { id: string; status: PlanStatus; assignedAt: number } | undefined {
  const value = (name: string): string => new RegExp(`"${name}"\\s*:\\s*"?([^",}]*)`).exec(text)?.[1]?.trim() ?? "";
  const id = value("ServicePlanId") || servicePlan(value("Capability"))?.id || "";
  if (id === "") return undefined;
  const said = value("CapabilityStatus");
  const status = STATUS.find((each) => each.toLowerCase() === said.toLowerCase()) ?? STATUS[Number(said === "" ? 0 : said)] ?? "Enabled";
  return { id, status, assignedAt: Date.parse(value("AssignedTimestamp")) };
}
