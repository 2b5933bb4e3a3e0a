/** Which mechanisms a deployment lets in. */
import type { MechanismName } from "../mechanism.ts";

/** `basic` is Basic with a password; a token in Basic goes by `bearer`. */
export type MechanismPolicy = Readonly<Record<MechanismName, boolean>>;

/** Legacy mechanisms are off until the deployment switches them on. */
export const DEFAULT_MECHANISM_POLICY: MechanismPolicy = { basic: false, ntlm: false, kerberos: true, certificate: true, bearer: true };

/** Mechanisms that give an attacker something to guess at, or to relay. */
export const LEGACY_MECHANISMS: readonly MechanismName[] = ["basic", "ntlm"];
