/** Where a user is homed, as one name: what a move has for a target. */
import { ON_PREMISES, type UserRecord } from "../../directory/index.ts";

type Homed = Pick<UserRecord, "hostingProvider" | "registrarPool">;

/** The pool, or the proxy of the provider; empty where the user is homed nowhere. */
export function homeOf({ hostingProvider, registrarPool }: Homed): string {
  const provider = hostingProvider ?? "";
  return provider !== "" && provider.toUpperCase() !== ON_PREMISES ? provider : (registrarPool ?? "");
}

export function isAt(user: Homed, target: string): boolean {
  return homeOf(user).toLowerCase() === target.toLowerCase();
}
