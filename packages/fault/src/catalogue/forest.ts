import type { FaultEntry } from "../entry.ts";

/**
 * The forest behind a deployment, over LDAP. A refusal for want of rights is the vendor's `directory-insufficient-rights`
 * (hybrid.ts); all words here are OURS.
 */
export const FOREST = {
  "forest-address": {
    blame: "local",
    layer: "usage",
    station: "service",
    text: "The address of a domain controller is not '{address}': {reason}.",
    cure: "Write ldaps://dc1.contoso.local, or ldap://dc1.contoso.local for StartTLS; user and password are settings of their own.",
  },
  "forest-plain": {
    blame: "local",
    layer: "usage",
    station: "service",
    text: "LDAP without TLS would show the password to the network between here and the domain controller {server}.",
    cure: "Use ldaps:// or ldap:// with StartTLS; plain LDAP is for a domain controller on this very machine, and has to be asked for.",
  },
  "forest-unreachable": {
    blame: "environment",
    layer: "network",
    station: "service",
    text: "The domain controller {server} cannot be reached: {reason}.",
    cure: "See whether it runs and whether ports 389 and 636 are open from here; what is to be written waits and is written when it is back.",
  },
  "forest-timeout": {
    blame: "environment",
    layer: "network",
    station: "service",
    text: "The domain controller {server} did not answer within {seconds} s ({operation}).",
    cure: "See how busy it is; raise the time limit, or make the pages smaller.",
  },
  "forest-malformed": {
    blame: "peer",
    layer: "network",
    station: "service",
    text: "What {server} answers is not LDAP: {reason}.",
    cure: "See whether the address is a domain controller's, and whether something between changes what it sends.",
  },
  "forest-tls": {
    blame: "environment",
    layer: "tls",
    station: "service",
    text: "No TLS with the domain controller {server}: {reason}",
    cure: "Name the authority that issued its certificate, and address it by a name that the certificate bears.",
    commands: ["openssl s_client -connect SERVER:636 -showcerts"],
  },
  "forest-protection": {
    blame: "environment",
    layer: "authentication",
    station: "service",
    text: "The domain controller {server} takes no password without TLS.",
    cure: "Use ldaps://, or ldap:// with StartTLS.",
  },
  "forest-login": {
    blame: "environment",
    layer: "authentication",
    station: "service",
    text: "The domain controller {server} does not let {user} in: {reason}.",
    cure: "Check the account and its password file; tries stop for a minute after each refusal, so that the account is not locked by them.",
  },
  "forest-base": {
    blame: "environment",
    layer: "directory",
    station: "service",
    text: "The domain controller {server} has no {base} to read users from.",
    cure: "Correct the base DN, or leave it out: then it is the domain's own.",
  },
  "forest-schema": {
    blame: "environment",
    layer: "directory",
    station: "service",
    text: "The forest's schema, as {server} has it, lacks {attributes}.",
    cure: "Prepare the schema with the deployment's own setup; a Samba domain takes packages/server/assets/msrtcsip-schema.ldif (its head says how).",
  },
  "forest-home-servers": {
    blame: "local",
    layer: "directory",
    station: "service",
    text: "In the forest of {server} msRTCSIP-PrimaryHomeServer holds distinguished names, and no pool's is configured.",
    cure: "Give each pool's FQDN with the distinguished name that users homed there have in that attribute.",
    commands: ["Get-ADUser USER -Properties msRTCSIP-PrimaryHomeServer"],
  },
  "forest-object": {
    blame: "environment",
    layer: "directory",
    station: "service",
    text: "The domain controller {server} has no object {object}.",
    cure: "The user was removed from the forest, or is in another domain: the next reading of the forest tells.",
  },
  "forest-limit": {
    blame: "environment",
    layer: "limit",
    station: "service",
    text: "The domain controller {server} ended the search at a limit of its own: {reason}.",
    cure: "Make the pages smaller, or raise the limits of its LDAP policy.",
  },
  "forest-refused": {
    blame: "environment",
    layer: "directory",
    station: "service",
    text: "The domain controller {server} refused to {operation}: {reason}.",
    cure: "Read its reason: the value does not fit the attribute, or a rule of the directory forbids it.",
  },
  "forest-removals": {
    blame: "environment",
    layer: "directory",
    station: "service",
    text: "The forest {forest} no longer has {count} of the deployment's users; more than {limit} are not removed in one reading.",
    cure: "See whether base DN and filter are right and whether the account may read all users; if the users are gone indeed, read again with a higher limit.",
  },
} as const satisfies Record<string, FaultEntry>;
