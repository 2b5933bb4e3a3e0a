/** Types of parameters that many cmdlets share. The short names are the documentation's, the namespaces are ours where it gives none. */
import { textType, unlimitedType, type ParameterDeclaration } from "@tieline/language";

const host = /^(?=.{1,255}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*\.?$/i;

export const USER_ID = textType("Microsoft.Rtc.Management.AD.UserIdParameter");
/** The one user of most cmdlets online. */
export const USER = {
  type: USER_ID,
  mandatory: true,
  position: 0,
  fromPipeline: true,
  fromPipelineByPropertyName: true,
  help: "The user: SIP address, user principal name, GUID, distinguished name or display name.",
} as const satisfies ParameterDeclaration;
/** The same on premises. */
export const POOL_USER = {
  ...USER,
  help: "The user: SIP address, user principal name, DOMAIN\\logon, GUID, distinguished name or display name.",
} as const satisfies ParameterDeclaration;
/** Of cmdlets that show all users, or those alone. */
export const SOME_USERS = {
  ...USER,
  mandatory: false,
  help: "The user, or a pattern with * for display names.",
} as const satisfies ParameterDeclaration;

export const OU_ID = textType("Microsoft.Rtc.Management.AD.OUIdParameter");
export const XDS_ID = textType("Microsoft.Rtc.Management.Xds.XdsIdentity");
export const XDS_GLOBAL_ID = textType("Microsoft.Rtc.Management.Xds.XdsGlobalRelativeIdentity");
export const FQDN = textType("Microsoft.Rtc.Management.Deploy.Fqdn", (text) =>
  host.test(text) ? undefined : "It is no fully qualified domain name.",
);
export const ACP_INFO = textType("Microsoft.Rtc.Management.AD.AcpInfo");

/** `Unlimited` or a whole number, on premises. */
const UNLIMITED = unlimitedType("Microsoft.Rtc.Management.ADConnect.Core.Unlimited`1[System.UInt32]");
/** The same under the name that the online cmdlets give it. */
const UNLIMITED_INT = unlimitedType("System.Int32");

/** -ResultSize of the cmdlets that show users on premises. */
export const RESULT_SIZE = {
  type: UNLIMITED,
  validate: { check: (value) => (value === "Unlimited" || Number(value) >= 0 ? undefined : "The number must not be negative.") },
  default: "Unlimited",
  help: "How many users to show at most; with 0 none.",
} as const satisfies ParameterDeclaration;

/** The same online. */
export const ONLINE_RESULT_SIZE = { ...RESULT_SIZE, type: UNLIMITED_INT } as const satisfies ParameterDeclaration;

/** Parameters that mean something to the vendor's machines alone; taken and without effect here. */
export const DOMAIN_CONTROLLER = {
  type: FQDN,
  help: "The domain controller to ask. The directory here has none: it is taken and changes nothing.",
} as const satisfies ParameterDeclaration;
export const CREDENTIAL = {
  type: "pscredential",
  help: "Another account for the directory. The session's own account is always used: it is taken and changes nothing.",
} as const satisfies ParameterDeclaration;
export const TENANT = {
  type: "guid",
  help: "The tenant's id. A session acts on its own tenant only, so it can be left out.",
} as const satisfies ParameterDeclaration;
export const PASS_THRU = { type: "switch", help: "Puts out the object after the change." } as const satisfies ParameterDeclaration;
