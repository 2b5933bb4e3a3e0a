/**
 * Users as PowerShell sees them: Get-CsOnlineUser's object of a tenant, Get-CsUser's of a deployment. All objects of a
 * kind share one shape, so that ten thousand cost ten thousand arrays.
 */
import { PsObject, Shape, type PsValue } from "@tieline/remoting/objects";
import { userDn } from "./distinguished-name.ts";
import type { Tenant } from "./tenants.ts";
import { USER_PROPERTIES, userProperty, userValue, type UserProperty } from "./user-properties.ts";
import type { UserRecord } from "./user-record.ts";

export interface UserView {
  typeNames: readonly string[];
  properties: readonly UserProperty[];
  shape: Shape;
}

function view(typeName: string, properties: readonly UserProperty[]): UserView {
  return {
    typeNames: [typeName, "System.Object"],
    properties,
    shape: properties.reduce((shape, property) => shape.with(property.name), Shape.root()),
  };
}

/** Get-CsOnlineUser. */
export const ONLINE_USER: UserView = view("Microsoft.Rtc.Management.ADConnect.Schema.ADOCOnlineUser", USER_PROPERTIES);

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** What Get-CsUser shows of the same properties: those of the vendor's samples of ADUser, then what scripts ask for. The order is ours. */
const AD_USER_NAMES = words(`
  Identity VoicePolicy VoiceRoutingPolicy ConferencingPolicy PresencePolicy DialPlan LocationPolicy ClientPolicy
  ClientVersionPolicy ArchivingPolicy ExchangeArchivingPolicy PinPolicy ExternalAccessPolicy MobilityPolicy
  UserServicesPolicy CallViaWorkPolicy ThirdPartyVideoSystemPolicy HostedVoiceMail HostedVoicemailPolicy HostingProvider
  RegistrarPool Enabled SipAddress LineURI LineServerURI PrivateLine EnterpriseVoiceEnabled ExUmEnabled HomeServer
  DisplayName SamAccountName UserPrincipalName FirstName LastName WindowsEmailAddress Sid OriginatorSid AudioVideoDisabled
  IPPBXSoftPhoneRoutingEnabled RemoteCallControlTelephonyEnabled AcpInfo EnabledForRichPresence ContactOptionFlags
  OptionFlags TargetRegistrarPool TargetServerIfMoving ProxyAddresses Id DistinguishedName Name Guid ObjectCategory
  ObjectClass ObjectState OriginatingServer IsValid WhenChanged WhenCreated
`);

/** Get-CsUser. */
export const AD_USER: UserView = view(
  "Microsoft.Rtc.Management.ADConnect.Schema.ADUser",
  AD_USER_NAMES.flatMap((name) => userProperty(name) ?? []),
);

/** Get-CsAdUser: the same, as the directory behind has it, and beside it what the directory says of the person. */
export const CS_AD_USER: UserView = view(
  "Microsoft.Rtc.Management.ADConnect.Schema.CSADUser",
  [...AD_USER_NAMES, ...words("Title Department Company Office Phone MobilePhone City StateOrProvince CountryAbbreviation")].flatMap(
    (name) => userProperty(name) ?? [],
  ),
);

export function userObject(view: UserView, user: UserRecord, tenant: Tenant): PsObject {
  const { properties } = view;
  const values: PsValue[] = properties.map((property) => userValue(property, user, tenant));
  const object = PsObject.shaped(view.typeNames, "adapted", view.shape, values);
  object.text = userDn(tenant, user.objectId, user.displayName);
  return object;
}
