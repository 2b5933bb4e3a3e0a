/** What is derived from the one secret of a deployment or of a lab; the same names everywhere, or nothing opens again. */
import { hkdfSync } from "node:crypto";

const LENGTH = 32;

/** The key under which NT hashes are sealed. */
export function vaultKeyOf(secret: Uint8Array): Uint8Array {
  return derived(secret, "tieline nt hash vault");
}

/** The key under which the authorization server seals what is secret in the database. */
export function identityKeyOf(secret: Uint8Array): Uint8Array {
  return derived(secret, "tieline identity");
}

/** The key under which a pool seals what its journal of moves has of the other site. */
export function migrationKeyOf(secret: Uint8Array): Uint8Array {
  return derived(secret, "tieline migration");
}

function derived(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", purpose, LENGTH));
}
