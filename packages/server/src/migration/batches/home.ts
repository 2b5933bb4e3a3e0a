/** Where a user is homed, as one name: what a move has for a target. */
import type { UserRecord } from "../../directory/index.ts";

type Homed = Pick<UserRecord, "hostingProvider" | "registrarPool" | "enabled">;

/** What the DeploymentLocator says of somebody who is homed on a pool of the deployment. */
const ON_PREMISES = "SRV:";

/** The pool, or the proxy of the provider; empty where the user is homed nowhere. */
export function homeOf(user: Homed): string {
  const provider = user.hostingProvider ?? "";
  return provider !== "" && provider.toUpperCase() !== ON_PREMISES ? provider : (user.registrarPool ?? "");
}

export function isAt(user: Homed, target: string): boolean {
  return homeOf(user).toLowerCase() === target.toLowerCase();
}

/** For reports: which half of the hybrid it is. */
export function homedOf(user: Homed): "Online" | "OnPremises" | null {
  const provider = user.hostingProvider ?? "";
  if (provider !== "" && provider.toUpperCase() !== ON_PREMISES) return "Online";
  return provider === "" && user.registrarPool === null ? null : "OnPremises";
}
