/** Texts as documents and people have them, letter for letter, and the entry that each belongs to. */
import type { FaultCode } from "../catalogue.ts";

export const KNOWN_TEXTS: readonly (readonly [text: string, code: FaultCode])[] = [
  // Founding document 003: ten sections, nine with a text; the tenth (WinRM Basic) says it in its heading.
  [
    String.raw`Import-Module : File C:\Program Files\Common Files\Microsoft Lync Server 2013\Modules\LyncOnlineConnector\LyncOnlineConnectorStartup.psm1 cannot be loaded because running scripts is disabled on this system. For more information, see about_Execution_Policies at https://go.microsoft.com/fwlink/?LinkID=135170.`,
    "execution-policy",
  ],
  [
    String.raw`Import-Module : The version of the loaded PowerShell is '2.0'. The module 'D:\Program Files\Common Files\Microsoft Lync Server 2013\Modules\LyncOnlineConnector\LyncOnlineConnector.psd1' requires a minimum PowerShell version of '3.0' to execute. Please verify the installation of the PowerShell and try again.`,
    "powershell-too-old",
  ],
  ["Modern authentication fails when WinRM Basic authentication has been disabled", "winrm-basic-disabled"],
  [
    "Get-CsWebTicket : Failed to connect live id servers. Make sure proxy is enabled or machine has network connection to live id servers.",
    "live-id-unreachable",
  ],
  [
    "Get-CsWebTicket : Can not load Live Id module. Make sure correct version of Live Id Sign-in assistant is installed.",
    "live-id-module-missing",
  ],
  [
    "Get-CsWebTicket : Logon failed for the user 'kenmyer@litwareinc.com'. Please create a new PSCredential object, making sure that you have used the correct user name and password.",
    "logon-failed",
  ],
  [
    "New-PSSession : [admin.vdomain.com] Processing data from remote server admin.vdomain.com failed with the following error message: The user 'user@foo.com' does not have permission to manage this tenant. Permissions can be granted by assigning the user to the appropriate RBAC role. For more information, see the Remote Troubleshooting.",
    "tenant-not-permitted",
  ],
  [
    "New-PSSession : [admin.vdomain.com] Processing data from remote server admin.vdomain.com failed with the following error message: The ability to connect to this tenant by using a remote PowerShell session has been disabled. Please contact Lync Help to check Tenant Powershell Policy of this tenant. For more information, see the Remote Troubleshooting.",
    "tenant-powershell-disabled",
  ],
  [
    "New-PSSession : [admin.vdomain.com] Connecting to remote server admin.vdomain.com failed with the following error message : The WS-Management service cannot process the request. The maximum number of concurrent shells for this user has been exceeded. Close existing shells or raise the quota for this user. For more information, see the Remote Troubleshooting",
    "shell-quota-user",
  ],
  [
    "New-PSSession : [admin.vdomain.com] Connecting to remote server admin.vdomain.com failed with the following error message : The WS-Management service cannot process the request. The maximum number of concurrent shells for this tenant has been exceeded. Close existing shells or raise the quota for this tenant. For more information, see the Remote Troubleshooting",
    "shell-quota-tenant",
  ],
  // What administrators met beside that.
  [
    "Get-CsPowerShellEndpoint : Unable to query AutoDiscover URL at: http://lyncdiscover.contoso.com?Domain=contoso.com",
    "discovery-failed",
  ],
  ["There is an error in XML document (5,2)", "discovery-xml-error"],
  ["There is an error in XML document (5, 2).", "discovery-xml-error"],
  ["The WinRM client received an HTTP status code of 403 from the remote WS-Management service", "winrm-http-403"],
  ["The WinRM client received an HTTP status code of 502 from the remote WS-Management service", "http-status"],
  [
    "The WinRM client cannot process the request. The authentication mechanism requested by the client is not supported by the server or unencrypted traffic is disabled in the service configuration.",
    "mechanism-off",
  ],
  ["Client did not get proper response from server.", "http-not-wsman"],
  ["This parameter set requires WSMan, and no supported WSMan client library was found.", "wsman-library-missing"],
  ["Tenant Domain is empty", "tenant-domain-empty"],
  [
    "Processing data from remote server api.interfaces.records.teams.microsoft.com failed with the following error message: adminDomain",
    "admin-domain-refused",
  ],
  ['Unable to set "SipAddress". This parameter is restricted within Remote Tenant PowerShell.', "parameter-restricted"],
  [
    "The term 'Get-CsTenant' is not recognized as the name of a cmdlet, function, script file, or operable program.",
    "session-not-imported",
  ],
  [
    "New-CsOnlineSession : The term 'New-CsOnlineSession' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
    "connector-not-imported",
  ],
  [
    `There is a duplicate key sequence "LYNCONLINE" for the 'urn:schema:Microsoft.Rtc.Management.Settings.Edge.2008:ProviderName' key or unique identity constraint.`,
    "duplicate-hosting-provider",
  ],
  [
    "OAuthAccessToken has invalid audience 00000003-0000-0000-c000-000000000000, expected https://admined2.online.lync.com/OcsPowershellOAuth",
    "token-audience-invalid",
  ],
  ["WARNING: WSMan NetworkDelayms has been set to 30000 milliseconds. The previous value was 5000 milliseconds.", "network-delay-set"],
  [
    "WARNING: Micro delay applied. Actual delayed: 21956 msecs, Enforced: True, Capped delay: 21956 msecs, Required: False, Additional info: .;",
    "micro-delay",
  ],
  // The reconnection of the retired module.
  ['Recreating a new remote powershell session (implicit) for command: "Get-CsOnlineUser" ...', "reconnection-recreating"],
  ["Unable find input parameters from global scope, will not be able to recreate session", "reconnection-no-input"],
  ["No session has been associated with this implicit remoting module", "reconnection-no-session"],
  // The authorization server, as its answers are passed on.
  [
    "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '00000003-0000-0ff1-ce00-000000000000'. Trace ID: 4d2f Correlation ID: 77aa Timestamp: 2020-08-05 10:11:12Z",
    "aadsts-50076",
  ],
  ["AADSTS50126: Error validating credentials due to invalid username or password. Trace ID: 1 Correlation ID: 2", "aadsts-50126"],
  // Moves.
  [
    "Move-CsUser : HostedMigration fault: Error=(507), Description=(User must has an assigned license to use Skype for Business Online.)",
    "hosted-migration-licence",
  ],
  [
    "HostedMigration fault: Error=(510), Description=(This user's tenant is not enabled for shared sip address space.)",
    "hosted-migration-shared-address-space",
  ],
  [
    "Microsoft.Rtc.Management.AD.MoveUserException: HostedMigration fault: Error=(506), Description=(The user could move be moved because there appears to be a problem with this user account. Please verify the attribute settings on the account and then try again.)",
    "hosted-migration-account",
  ],
  ["HostedMigration fault: Error=(511), Description=(Something new.)", "hosted-migration-fault"],
  ["Cannot find user in Active Directory with the following SIP URI: <SipAddress>.", "move-sip-not-in-directory"],
  ["SetMoveResourceData failed because the user is not provisioned.", "move-not-provisioned"],
  ["did not return expected status code from request for WWW-Authenticate header", "move-challenge-unexpected"],
  ["cannot find a matching sip on AD", "move-sip-not-in-directory"],
  [
    'Active Directory operation failed on "DC1.contoso.local". You cannot retry this operation: "Insufficient access rights to perform the operation"',
    "directory-insufficient-rights",
  ],
  // Server-to-server trust.
  [
    `New-CsPartnerApplication : Cannot bind parameter 'MetadataUrl' to the target. Exception setting "MetadataUrl": "The metadata document could not be downloaded from the URL in the MetadataUrl parameter or downloaded data is not a valid metadata document."`,
    "partner-metadata-invalid",
  ],
];

/** Codes alone, in texts of any language. */
export const MARKS: readonly (readonly [text: string, code: FaultCode])[] = [
  ["0x80338012", "winrm-cannot-connect"],
  ["-2144108526", "winrm-cannot-connect"],
  ["2150858770", "winrm-cannot-connect"],
  ["    + FullyQualifiedErrorId : -2144108526,PSSessionOpenFailed", "winrm-cannot-connect"],
  ["Fehler: WinRM. Fehlernummer: -2144108250 0x80338126", "winrm-timed-out"],
  ["error code : 5", "access-denied"],
  ["Zugriff verweigert 0x80070005", "access-denied"],
  ['<f:WSManFault Code="2150859173" Machine="x"><f:Message>Zu viele.</f:Message></f:WSManFault>', "shell-quota-user"],
  [
    "Das Ausführen von Skripts ist auf diesem System deaktiviert.\n    + FullyQualifiedErrorId : UnauthorizedAccess,Microsoft.PowerShell.Commands.ImportModuleCommand",
    "execution-policy",
  ],
  [
    "+ FullyQualifiedErrorId : Modules_InsufficientPowerShellVersion,Microsoft.PowerShell.Commands.ImportModuleCommand",
    "powershell-too-old",
  ],
  ["Die Benennung wurde nicht erkannt.\n+ FullyQualifiedErrorId : CommandNotFoundException", "command-not-found"],
  ["Le serveur distant a retourné une erreur : (407)", "proxy-407"],
  ["HTTP/1.1 407 authenticationrequired", "proxy-407"],
  ["HTTP status 503", "winrm-http-503"],
  ["AADSTS50008: Etwas anderes.", "aadsts-50008"],
  ["AADSTS50034: Etwas anderes.", "aadsts-50034"],
  ["AADSTS50053: Etwas anderes.", "aadsts-50053"],
  ["AADSTS50055: Etwas anderes.", "aadsts-50055"],
  ["AADSTS50057: Etwas anderes.", "aadsts-50057"],
  ["AADSTS50058: Etwas anderes.", "aadsts-50058"],
  ["AADSTS50072: Etwas anderes.", "aadsts-50072"],
  ["AADSTS50074: Etwas anderes.", "aadsts-50074"],
  ["AADSTS50076: Etwas anderes.", "aadsts-50076"],
  ["AADSTS50079: Etwas anderes.", "aadsts-50079"],
  ["AADSTS50126: Etwas anderes.", "aadsts-50126"],
  ["AADSTS65001: Etwas anderes.", "aadsts-65001"],
  ["AADSTS500011: Etwas anderes.", "aadsts-500011"],
  ["AADSTS700016: Etwas anderes.", "aadsts-700016"],
  ["AADSTS700027: Etwas anderes.", "aadsts-700027"],
  ["AADSTS90002: Etwas anderes.", "aadsts-90002"],
  ['{"error":"invalid_grant","error_description":"x","error_codes":[50126]}', "aadsts-50126"],
];
