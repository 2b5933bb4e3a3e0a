/** Where the hosted migration service of a tenant is: by its address, by the tenant's identity, or by discovery. */
import { hostedMigrationUrl, resolve, type ResolveOptions } from "@tieline/discovery";
import { Fault } from "@tieline/fault";
import { readClaims } from "@tieline/auth";
import { get, type Dialler } from "@tieline/net";
import type { HostedAuthentication, HostedPlace } from "./hosted-session.ts";

export interface PlaceSurroundings {
  dialler: Dialler;
  /** Milliseconds on a monotonous clock. */
  now: () => number;
}

/** Found once for a run, however many users it moves. @throws Fault `hosted-address-unfit`, `hosted-place-unknown`, of discovery */
export async function findHosted(
  { url, adminDomain }: HostedPlace,
  authentication: HostedAuthentication | undefined,
  surroundings: PlaceSurroundings,
): Promise<URL> {
  if (url !== undefined && url !== "") return hostedMigrationUrl(url);
  // A token says itself which service it opens.
  const audience = authentication?.kind === "token" ? readClaims(authentication.token)?.audience : undefined;
  if (audience !== undefined && /hostedmigration/i.test(audience)) return hostedMigrationUrl(audience);
  const user = authentication?.kind === "credential" ? authentication.user : undefined;
  const domain = adminDomain ?? (user?.includes("@") === true ? user.split("@")[1] : undefined);
  if (domain === undefined || domain === "") throw new Fault("hosted-place-unknown");
  const { targetUri } = await resolve(walk(domain, surroundings));
  return hostedMigrationUrl(new URL(targetUri).host);
}

function walk(domain: string, { dialler, now }: PlaceSurroundings): ResolveOptions {
  return {
    domain,
    now,
    fetch: (url, headers, { timeoutMs, maxBytes }) => get(dialler, url, { headers, timeoutMs, maxBodyBytes: maxBytes }),
  };
}
