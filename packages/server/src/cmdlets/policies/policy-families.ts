/**
 * The families of policies: one entry a family, everything known about it in that entry. A family of the tenant surface
 * that is still missing is another entry here and another list of settings.
 */
import type { JsonRecord } from "../../store/index.ts";
import { CLIENT_POLICY, CONFERENCING_POLICY, EXTERNAL_ACCESS_POLICY, MOBILITY_POLICY, type PolicySetting } from "./policy-settings.ts";

export interface PolicyFamily {
  /** ClientPolicy: the noun without Cs, and the property of a user that shows the grant. */
  family: string;
  typeName: string;
  settings: readonly PolicySetting[];
  /** Get- has -Include and -ApplicableTo. */
  hasInclude: boolean;
  /** Grant- can also grant to the tenant as a whole. */
  hasTenantGrant: boolean;
  /** What it is about, to go on after "policies that decide". */
  about: string;
  /** A setting and a value for the examples of the help. */
  example: { setting: string; value: string };
  /**
   * Instances that come with the service. Their names are public; their settings are OURS, what each name says.
   */
  builtIn: readonly { name: string; settings: JsonRecord }[];
}

export const POLICY_FAMILIES: readonly PolicyFamily[] = [
  {
    family: "ExternalAccessPolicy",
    typeName: "Microsoft.Rtc.Management.WritableConfig.Policy.ExternalAccess.ExternalAccessPolicy",
    settings: EXTERNAL_ACCESS_POLICY,
    hasInclude: true,
    hasTenantGrant: false,
    about: "with whom outside the organization users may communicate, and whether they may connect from outside",
    example: { setting: "EnableFederationAccess", value: "$true" },
    builtIn: [
      {
        name: "FederationAndPICDefault",
        settings: {
          EnableFederationAccess: true,
          EnablePublicCloudAccess: true,
          EnablePublicCloudAudioVideoAccess: true,
          EnableOutsideAccess: true,
        },
      },
      { name: "FederationOnly", settings: { EnableFederationAccess: true, EnableOutsideAccess: true } },
      { name: "NoFederationAndPIC", settings: { EnableOutsideAccess: true } },
    ],
  },
  {
    family: "ClientPolicy",
    typeName: "Microsoft.Rtc.Management.WritableConfig.Policy.Client.ClientPolicy",
    settings: CLIENT_POLICY,
    hasInclude: false,
    hasTenantGrant: true,
    about: "which features the client offers its users",
    example: { setting: "DisableEmoticons", value: "$true" },
    builtIn: [
      { name: "ClientPolicyDefaultPhoto", settings: {} },
      { name: "ClientPolicyNoIMURL", settings: { EnableURL: false } },
      { name: "ClientPolicyNoSaveIMNoArchiving", settings: { DisableSavingIM: true, EnableIMAutoArchiving: false } },
    ],
  },
  {
    family: "ConferencingPolicy",
    typeName: "Microsoft.Rtc.Management.WritableConfig.Settings.Meeting.MeetingPolicy",
    settings: CONFERENCING_POLICY,
    hasInclude: true,
    hasTenantGrant: false,
    about: "what may be done in the meetings that users organize",
    example: { setting: "AllowConferenceRecording", value: "$true" },
    builtIn: [
      { name: "BposSAllModality", settings: { AllowConferenceRecording: true, EnableP2PVideo: true } },
      {
        name: "BposSAllModalityNoDialout",
        settings: { AllowConferenceRecording: true, EnableP2PVideo: true, EnableDialInConferencing: false },
      },
      { name: "BposSIMP", settings: { AllowIPAudio: false, AllowIPVideo: false, EnableDialInConferencing: false } },
    ],
  },
  {
    family: "MobilityPolicy",
    typeName: "Microsoft.Rtc.Management.WriteableConfig.Policy.Mobility.Mobility",
    settings: MOBILITY_POLICY,
    hasInclude: true,
    hasTenantGrant: false,
    about: "what users may do on mobile devices",
    example: { setting: "AllowSaveCredentials", value: "$false" },
    builtIn: [
      { name: "MobilityEnableOutsideVoice", settings: {} },
      { name: "MobilityDisableOutsideVoice", settings: { EnableOutsideVoice: false } },
    ],
  },
];
