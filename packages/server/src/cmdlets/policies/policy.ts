/** A policy as the service has it: the defaults of its family, the instances that come with it, what the tenant made and changed. */
import { PsObject, Shape } from "@tieline/remoting/objects";
import { GLOBAL, policyIdentity, policyName } from "../../directory/index.ts";
import type { JsonRecord } from "../../store/index.ts";
import { mine, tenantOf, type SessionContext } from "../session.ts";
import type { PolicyFamily } from "./policy-families.ts";
import { fromKept } from "./policy-value.ts";

export interface Policy {
  /** `Global`, or the name without `Tag:`. */
  name: string;
  /** Who made it: the tenant (Global counts as its own), or the service. */
  origin: "tenant" | "service";
  /** What differs from the family's defaults. */
  settings: JsonRecord;
}

/** What comes with the service: a deployment has its own policies alone. */
async function builtIn(context: SessionContext, family: PolicyFamily): Promise<PolicyFamily["builtIn"]> {
  return (await tenantOf(context)).kind === "online" ? family.builtIn : [];
}

/** Global first, then the service's, then the tenant's by name. */
export async function listPolicies(context: SessionContext, family: PolicyFamily): Promise<Policy[]> {
  const kept = await mine(context).policies.list(family.family);
  const global = kept.find((policy) => policy.name === GLOBAL);
  return [
    { name: GLOBAL, origin: "tenant", settings: global?.settings ?? {} },
    ...(await builtIn(context, family)).map((policy): Policy => ({ ...policy, origin: "service" })),
    ...kept.filter((policy) => policy !== global).map((policy): Policy => ({ ...policy, origin: "tenant" })),
  ];
}

/** By `Global`, `Tag:Name` or `Name`, in any letter case. */
export async function findPolicy(context: SessionContext, family: PolicyFamily, identity: string): Promise<Policy | undefined> {
  const name = policyName(identity);
  const ofService = (await builtIn(context, family)).find((policy) => policy.name.toLowerCase() === name.toLowerCase());
  if (ofService !== undefined) return { ...ofService, origin: "service" };
  const kept = name.includes("\0") ? undefined : await mine(context).policies.get(family.family, name);
  if (kept !== undefined) return { ...kept, origin: "tenant" };
  return name === GLOBAL ? { name, origin: "tenant", settings: {} } : undefined;
}

const SHAPES = new Map<string, Shape>();

/** As Get-Cs<Family> puts it out. */
export function policyObject(family: PolicyFamily, policy: Policy): PsObject {
  let shape = SHAPES.get(family.family);
  if (shape === undefined) {
    shape = family.settings.reduce((names, setting) => names.with(setting.name), Shape.root().with("Identity"));
    SHAPES.set(family.family, shape);
  }
  const identity = policyIdentity(policy.name);
  const values = [identity, ...family.settings.map((setting) => fromKept(setting, policy.settings[setting.name]))];
  const object = PsObject.shaped([family.typeName, "System.Object"], "adapted", shape, values);
  object.text = identity;
  return object;
}
