/** Whether a text names a user who could be moved, and in what form a pool takes it. */
import type { FaultCode } from "@tieline/fault";

/** Why a text names nobody. */
export type AddressRefusal = Extract<FaultCode, "move-row-not-address" | "move-row-deleted-user" | "move-row-control">;

/** A user as a line named it. */
export interface AddressedUser {
  /** As the pool's cmdlets take it: `sip:name@domain`, `name@domain`, a distinguished name or `DOMAIN\logon`. */
  identity: string;
  /** Equal for two ways to write one address. */
  key: string;
}

/** The account of a deleted user has a GUID before the @, alone or before its old name. */
const GUID_LOGIN = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/i;
const ADDRESS = /^[^\s@<>"(),:;[\]\\\ufffd]{1,256}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.)+[\p{L}\p{N}][\p{L}\p{N}-]{0,62}$/u;
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\p{Cf}]/u;

/** @param isIdentity whether other forms of an identity are taken beside addresses */
export function addressedUser(text: string, isIdentity: boolean): AddressedUser | AddressRefusal {
  const trimmed = text.trim().replace(/[,;\s]+$/, "");
  if (UNSEEN.test(trimmed)) return "move-row-control";
  if (isIdentity && /^CN=.+,(?:DC|OU)=|^[^\\@\s]+\\[^\\@\s]+$/i.test(trimmed)) return { identity: trimmed, key: trimmed.toLowerCase() };
  const scheme = /^(?:sip|smtp|mailto):\s*/i.exec(trimmed)?.[0] ?? "";
  const bare = trimmed.slice(scheme.length);
  if (!ADDRESS.test(bare)) return "move-row-not-address";
  if (GUID_LOGIN.test(bare)) return "move-row-deleted-user";
  return { identity: /^sip:/i.test(scheme) ? `sip:${bare}` : bare, key: bare.toLowerCase() };
}
