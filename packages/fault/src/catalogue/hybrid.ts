import type { FaultEntry } from "../entry.ts";

/**
 * Moves between the two halves of a hybrid deployment, and what ties them together: hosting providers, partner
 * applications. The spelling of the texts is the vendor's, slips included; of the hosted migration service's numbers only
 * 506, 507 and 510 are known, so the description counts.
 */
const FACTS = "The hosted migration service, as administrators met it";

export const HYBRID = {
  "hosted-migration-licence": {
    blame: "environment",
    layer: "directory",
    station: "move",
    text: "HostedMigration fault: Error=(507), Description=(User must has an assigned license to use Skype for Business Online.)",
    also: ["User must has an assigned license to use Skype for Business Online."],
    causes: [
      {
        cause: "No licence with Skype for Business (Plan 2) or Teams is assigned to the user.",
        confirm: "Get-CsOnlineUser USER shows no such plan in AssignedPlan",
      },
      {
        cause: "The licence is assigned, and that plan is switched off in it.",
        confirm: "the plan's state in AssignedPlan is not Enabled",
      },
      {
        cause: "The licence was assigned minutes ago and is not provisioned yet.",
        confirm: "AssignedPlan has the plan, ProvisionedPlan has not",
      },
    ],
    cure: "Assign the licence, wait until it is provisioned, and move the user again.",
    commands: ["Get-CsOnlineUser USER@DOMAIN | Select-Object AssignedPlan, ProvisionedPlan"],
    source: `${FACTS}; founding document 000`,
  },
  "hosted-migration-shared-address-space": {
    blame: "environment",
    layer: "directory",
    station: "move",
    text: "HostedMigration fault: Error=(510), Description=(This user's tenant is not enabled for shared sip address space.)",
    also: ["This user's tenant is not enabled for shared sip address space."],
    causes: [
      {
        cause: "The tenant was not told that it shares its SIP domain with an on-premises deployment.",
        confirm: "Get-CsTenantFederationConfiguration shows SharedSipAddressSpace False",
      },
    ],
    cure: "Switch the shared SIP address space on, in a session with the tenant.",
    commands: ["Set-CsTenantFederationConfiguration -SharedSipAddressSpace $true"],
    source: FACTS,
  },
  "hosted-migration-account": {
    blame: "environment",
    layer: "directory",
    station: "move",
    text: "HostedMigration fault: Error=(506), Description=(The user could move be moved because there appears to be a problem with this user account. Please verify the attribute settings on the account and then try again.)",
    also: ["The user could move be moved because there appears to be a problem with this user account."],
    causes: [
      {
        cause:
          "The user's attributes differ between the two directories (SIP address, proxy addresses, DeploymentLocator), or have not been synchronised yet.",
        confirm: "compare Get-CsUser here with Get-CsOnlineUser there",
      },
      { cause: "The online account has validation errors.", confirm: "Get-CsOnlineUser USER | Select-Object MCOValidationErrors" },
    ],
    cure: "Correct the attributes on premises, let them be synchronised, and move the user again.",
    commands: [
      "Get-CsOnlineUser USER@DOMAIN | Select-Object SipAddress, ProxyAddresses, HostingProvider, MCOValidationErrors",
      "Start-ADSyncSyncCycle -PolicyType Delta",
    ],
    source: FACTS,
  },
  "hosted-migration-fault": {
    blame: "environment",
    layer: "directory",
    station: "move",
    text: "HostedMigration fault: Error=({number}), Description=({description})",
    cure: "Read the description: the hosted migration service refused this one user for that reason.",
    source: FACTS,
  },
  "move-sip-not-in-directory": {
    blame: "environment",
    layer: "directory",
    station: "move",
    text: "Cannot find user in Active Directory with the following SIP URI: {sip}",
    also: ["cannot find a matching sip on AD"],
    causes: [
      {
        cause: "The SIP address is misspelt, or belongs to a user who was never enabled on premises.",
        confirm: "Get-CsUser SIP finds nothing; Get-CsAdUser does",
      },
    ],
    cure: "Check the address; a user must be enabled on premises before being moved.",
    commands: ["Get-CsUser -Identity USER@DOMAIN", "Get-CsAdUser -Identity USER@DOMAIN"],
    source: FACTS,
  },
  "move-not-provisioned": {
    blame: "environment",
    layer: "directory",
    station: "move",
    text: "SetMoveResourceData failed because the user is not provisioned.",
    causes: [
      {
        cause: "The user is in the online directory, and the service has not made a Skype for Business user of it yet.",
        confirm: "Get-CsOnlineUser USER finds nothing",
      },
    ],
    cure: "Check licence and synchronisation, wait until Get-CsOnlineUser shows the user, and move again.",
    commands: ["Get-CsOnlineUser USER@DOMAIN"],
    source: FACTS,
    marks: ["MoveError"],
  },
  "move-challenge-unexpected": {
    blame: "environment",
    layer: "http",
    station: "move",
    text: "did not return expected status code from request for WWW-Authenticate header.",
    causes: [
      {
        cause: "The hosted migration address is wrong, or a proxy answered in its place: the service would have answered 401.",
        confirm: "open the HostedMigrationOverrideUrl: anything but 401 is wrong",
      },
    ],
    cure: "Give the tenant's own host in -HostedMigrationOverrideUrl.",
    commands: ["Get-CsOnlinePowerShellEndpoint -TargetDomain TENANT.onmicrosoft.com | Select-Object Host"],
    source: `${FACTS}; founding document 000`,
  },
  "directory-insufficient-rights": {
    blame: "environment",
    layer: "permission",
    station: "move",
    text: 'Active Directory operation failed on "{server}". You cannot retry this operation: "Insufficient access rights to perform the operation"',
    also: ["Insufficient access rights to perform the operation"],
    causes: [
      {
        cause: "Inheritance of permissions is switched off on the user's object (administrators have it so).",
        confirm: "the object's security shows inheritance disabled, adminCount is 1",
      },
      { cause: "The account that moves lacks the group CSUserAdministrator or RTCUniversalUserAdmins.", confirm: "whoami /groups" },
    ],
    cure: "Switch inheritance on for that user object, or do it with an account that may write it.",
    source: FACTS,
  },
  "duplicate-hosting-provider": {
    blame: "environment",
    layer: "command",
    station: "command",
    text: "There is a duplicate key sequence \"{key}\" for the '{constraint}' key or unique identity constraint.",
    causes: [
      {
        cause: "A hosting provider of this name, or with this proxy, is there already: LYNCONLINE is the one that the deployment brings.",
        confirm: "Get-CsHostingProvider lists it",
      },
    ],
    cure: "Remove the old provider, or change it instead of making a new one.",
    commands: ["Get-CsHostingProvider", "Get-CsHostingProvider LyncOnline | Remove-CsHostingProvider"],
    source: "Public threads of administrators",
  },
  "partner-metadata-invalid": {
    blame: "environment",
    layer: "command",
    station: "trust",
    text: 'Cannot bind parameter \'MetadataUrl\' to the target. Exception setting "MetadataUrl": "The metadata document could not be downloaded from the URL in the MetadataUrl parameter or downloaded data is not a valid metadata document."',
    also: [
      "The metadata document could not be downloaded from the URL in the MetadataUrl parameter or downloaded data is not a valid metadata document.",
    ],
    causes: [
      {
        cause: "The address is not reachable from this server, or its certificate is not trusted here.",
        confirm: "tieline doctor URL; the server may reach it through a proxy only",
      },
      {
        cause:
          "The address has another path: Exchange /autodiscover/metadata/json/1, SharePoint /_layouts/15/metadata/json/1, Skype for Business /metadata/json/1.",
        confirm: "open it in a browser: it must be JSON with keys and endpoints",
      },
    ],
    cure: "Correct the address, or make it reachable and trusted from here.",
    commands: ["tieline doctor https://HOST/metadata/json/1"],
    source: "The vendor's documentation of server-to-server trust",
  },
} as const satisfies Record<string, FaultEntry>;
