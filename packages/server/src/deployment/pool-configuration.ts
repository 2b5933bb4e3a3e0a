/** What the configuration of a pool has beside that of every service: Kerberos, the way to the online service, the forest, synchronisation. */
import { z } from "zod";
import { Guid, Host, Path, SecureUrl } from "./configuration-values.ts";

export const POOL_PARTS = {
  /** Keys of HTTP/<host> as a domain controller exports them: people sign in with what they have from their desktop. */
  kerberos: z.strictObject({ keytab: Path }).optional(),
  /** The way to the online service. */
  hybrid: z
    .strictObject({
      /** The hosted migration service; left out: found by discovery of adminDomain. */
      url: SecureUrl.optional(),
      /** A domain of the tenant. */
      adminDomain: Host.optional(),
      /** By which moves and synchronisation sign in that nobody watches. */
      application: z
        .strictObject({
          /** The tenant: its id or one of its domains. */
          tenant: z.string().min(1),
          appId: Guid,
          /** PEM, registered with the application. */
          certificate: Path,
          /** PEM, without a passphrase, for its owner alone. */
          key: Path,
        })
        .optional(),
      /** PEM files: whose certificates of the service are trusted, beside those that the runtime trusts. */
      authorities: z.array(Path).default([]),
      /** Moves of batches at once, in this process. */
      workers: z.number().int().min(0).max(64).default(4),
    })
    .optional(),
  /** Active Directory behind the deployment; left out: its users are in its database alone. */
  forest: z
    .strictObject({
      /** A domain controller; with ldap:// StartTLS is asked for, and nothing is said without. */
      url: z.string().regex(/^ldaps?:\/\/[^\s/@]+(:\d+)?\/?$/i, "it must begin with ldaps:// or ldap://"),
      /** A distinguished name or name@domain that may read users and write msRTCSIP-*. */
      user: z.string().min(1),
      passwordFile: Path,
      /** PEM files: whose certificates of domain controllers are trusted, beside those that the runtime trusts. */
      authorities: z.array(Path).default([]),
      /** Below which users are looked for; left out: the whole domain. */
      base: z.string().min(1).optional(),
      /** How often it is looked for changes. */
      everySeconds: z.number().int().min(1).max(86_400).default(60),
    })
    .optional(),
  /** From this deployment to the tenant of `hybrid`. */
  synchronisation: z
    .strictObject({
      /** The provisioning endpoint of the service; left out: on the host of `hybrid.url`. */
      url: SecureUrl.optional(),
      everyMinutes: z.number().int().min(1).max(1440).default(30),
    })
    .optional(),
} as const;

const Parts = z.object(POOL_PARTS);
type PoolParts = z.infer<typeof Parts>;

/** What stands in one part and wants something of another. */
export function contradictions(
  kind: "online" | "pool",
  parts: PoolParts,
  signsIn: { basic: boolean; ntlm: boolean; certificates: boolean },
): { path: string; problem: string }[] {
  const found: { path: string; problem: string }[] = [];
  const say = (path: string, problem: string): number => found.push({ path, problem });
  if (kind === "online") {
    for (const part of Object.keys(POOL_PARTS) as (keyof PoolParts)[]) if (parts[part] !== undefined) say(part, "only a pool has it");
    if (signsIn.ntlm) say("legacy.ntlm", "only a pool has it");
    return found;
  }
  if (parts.kerberos === undefined && !signsIn.ntlm && !signsIn.basic && !signsIn.certificates)
    say("kerberos", "nobody could sign in: give kerberos.keytab or tls.clientAuthorities, or switch legacy.ntlm on");
  const { hybrid } = parts;
  if (hybrid !== undefined && hybrid.url === undefined && hybrid.adminDomain === undefined)
    say("hybrid", "it needs url, or adminDomain to be found by");
  if (parts.synchronisation !== undefined && hybrid?.application === undefined)
    say("synchronisation", "it needs hybrid.application to sign in to the tenant");
  if (parts.synchronisation !== undefined && parts.synchronisation.url === undefined && hybrid?.url === undefined)
    say("synchronisation", "it needs url, or hybrid.url whose host has the provisioning endpoint");
  return found;
}

/** The same with whole paths. */
export function placed(parts: PoolParts, whole: (path: string) => string): PoolParts {
  const { kerberos, hybrid, forest } = parts;
  const { application } = hybrid ?? {};
  return {
    kerberos: kerberos === undefined ? undefined : { keytab: whole(kerberos.keytab) },
    forest:
      forest === undefined
        ? undefined
        : { ...forest, passwordFile: whole(forest.passwordFile), authorities: forest.authorities.map(whole) },
    hybrid:
      hybrid === undefined
        ? undefined
        : {
            ...hybrid,
            authorities: hybrid.authorities.map(whole),
            application:
              application === undefined
                ? undefined
                : { ...application, certificate: whole(application.certificate), key: whole(application.key) },
          },
  };
}
