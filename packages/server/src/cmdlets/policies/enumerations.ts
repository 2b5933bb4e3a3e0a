/**
 * Enumerations of policy settings and of the other cmdlets' parameters. Names that the documentation lists are its own;
 * the members marked so are OURS where it lists none, and so is each namespace.
 */
import { enumType, type EnumType } from "@tieline/language";

const EDGE = "Microsoft.Rtc.Management.WritableConfig.Settings.Edge";
const POLICY = "Microsoft.Rtc.Management.WritableConfig.Policy";

/** By the short name that the documentation gives the type. */
export const ENUMERATIONS: Readonly<Record<string, EnumType>> = {
  AddressBookAvailability: enumType(`${POLICY}.Client.AddressBookAvailability`, [
    "WebSearchAndFileDownload",
    "WebSearchOnly",
    "FileDownloadOnly",
  ]),
  CloudRecordingServiceSupport: enumType(`${POLICY}.Meeting.CloudRecordingServiceSupport`, ["NotSupported", "Supported", "Required"]),
  ExchangeArchivingPolicyOptionsEnum: enumType("Microsoft.Rtc.Management.AD.ExchangeArchivingPolicyOptionsEnum", [
    "Uninitialized",
    "UseLyncArchivingPolicy",
    "ArchivingToExchange",
    "NoArchiving",
  ]),
  PolicyFilter: enumType("Microsoft.Rtc.Management.Xds.PolicyFilter", ["Automatic", "All", "SubscriptionDefaults", "TenantDefinedOnly"]),
  DomainStatus: enumType("Microsoft.Rtc.Management.Hosted.Provision.OSD.DomainStatus", ["All", "Enabled", "Disabled"]),
  // Which members this one has, the documentation says.
  VerificationLevelType: enumType(`${EDGE}.VerificationLevelType`, ["AlwaysVerifiable", "AlwaysUnverifiable", "UseSourceVerification"]),
  // Ours: the documentation names the type and at most its default.
  DisplayPhoto: enumType(`${POLICY}.Client.DisplayPhoto`, ["NoPhoto", "PhotosFromADOnly", "AllPhotos"]),
  P2PAppSharingEncryption: enumType(`${POLICY}.Client.P2PAppSharingEncryption`, ["NotSupported", "Supported", "Enforced"]),
  TracingLevel: enumType(`${POLICY}.Client.TracingLevel`, ["Off", "Light", "Full"]),
  EnableAppDesktopSharing: enumType(`${POLICY}.Meeting.EnableAppDesktopSharing`, ["None", "SingleApplication", "Desktop"]),
  MaxVideoConferenceResolution: enumType(`${POLICY}.Meeting.MaxVideoConferenceResolution`, ["CIF", "VGA"]),
};

export function enumeration(name: string): EnumType {
  const found = ENUMERATIONS[name];
  if (found === undefined) throw new TypeError(`no enumeration ${name}`);
  return found;
}
