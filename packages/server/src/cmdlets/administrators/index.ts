/** The cmdlets of a deployment's administrators: who they are, how they sign in, which roles they have. */
import type { Cmdlet } from "@tieline/language";
import { disableAdAccount, enableAdAccount, setAdAccountPassword, unlockAdAccount } from "./ad-account.ts";
import { addAdGroupMember, getAdGroupMember, removeAdGroupMember } from "./ad-group-member.ts";
import { newAdUser } from "./ad-user.ts";
import { getCsAdminRoleAssignment } from "./cs-admin-role.ts";
export { getCsAdminRole } from "./cs-admin-role.ts";

/** With the names and parameters of the vendor's module ActiveDirectory. */
export const ACTIVE_DIRECTORY: readonly Cmdlet[] = [
  getAdGroupMember,
  addAdGroupMember,
  removeAdGroupMember,
  newAdUser,
  setAdAccountPassword,
  enableAdAccount,
  disableAdAccount,
  unlockAdAccount,
];

export const ADMINISTRATORS: readonly Cmdlet[] = [getCsAdminRoleAssignment, ...ACTIVE_DIRECTORY];
