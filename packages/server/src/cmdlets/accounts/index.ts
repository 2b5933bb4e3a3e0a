/** The cmdlets of accounts, roles and applications, on the online site. */
import type { Cmdlet } from "@tieline/language";
import { getMsolPasswordPolicy, setMsolPasswordPolicy } from "./msol-password-policy.ts";
import { addMsolRoleMember, getMsolRoleMember, removeMsolRoleMember } from "./msol-role-member.ts";
import { getMsolRole, getMsolUserRole } from "./msol-role.ts";
import {
  getMsolServicePrincipalCredential,
  newMsolServicePrincipalCredential,
  removeMsolServicePrincipalCredential,
} from "./msol-service-principal-credential.ts";
import {
  getMsolServicePrincipal,
  newMsolServicePrincipal,
  removeMsolServicePrincipal,
  setMsolServicePrincipal,
} from "./msol-service-principal.ts";
import { setMsolUserPassword } from "./msol-user-password.ts";
import { getMsolUser, newMsolUser, removeMsolUser, setMsolUser } from "./msol-user.ts";
import { newTielineFederatedCredential } from "./tieline-federated-credential.ts";
import { getTielineSignInLog } from "./tieline-sign-in-log.ts";
import { getTielineSignInPolicy, setTielineSignInPolicy } from "./tieline-sign-in-policy.ts";
import { getTielineLicense, setTielineUserLicense } from "./tieline-user-license.ts";

/** With the names and parameters of the vendor's module MSOnline. */
export const MSONLINE: readonly Cmdlet[] = [
  getMsolUser,
  newMsolUser,
  setMsolUser,
  removeMsolUser,
  setMsolUserPassword,
  getMsolUserRole,
  getMsolRole,
  getMsolRoleMember,
  addMsolRoleMember,
  removeMsolRoleMember,
  getMsolServicePrincipal,
  newMsolServicePrincipal,
  setMsolServicePrincipal,
  removeMsolServicePrincipal,
  getMsolServicePrincipalCredential,
  newMsolServicePrincipalCredential,
  removeMsolServicePrincipalCredential,
  getMsolPasswordPolicy,
  setMsolPasswordPolicy,
];

/** Where the vendor has none: Tieline's own, and named so. */
export const OURS: readonly Cmdlet[] = [
  newTielineFederatedCredential,
  getTielineSignInLog,
  getTielineSignInPolicy,
  setTielineSignInPolicy,
  getTielineLicense,
  setTielineUserLicense,
];
