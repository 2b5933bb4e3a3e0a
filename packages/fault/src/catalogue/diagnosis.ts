import type { FaultEntry } from "../entry.ts";

/**
 * Texts that administrators meet on the way to a session and that no part of ours says itself: the retired module, the
 * machine that it ran on, its browser window, its reconnection, the vendor's service. They are recognised by `explain`
 * and found by `doctor`. Texts are letter for letter those of founding document 003 and of the module, unless an entry
 * says that they are ours.
 */
const DIAGNOSING = "Founding document 003, Diagnose connection problems with the Skype for Business Online Connector";
const AVOIDING = "Founding document 000, Avoiding Connection Issues with Skype for Business Online PowerShell";

export const DIAGNOSIS = {
  "doctor-check-late": {
    blame: "environment",
    layer: "network",
    station: "way",
    text: "The check of {check} did not end within {seconds} s.",
    cure: "Look at the checks before it: one of the hosts answers slowly or not at all. Give more time with --check-timeout.",
  },
  // The wire text is not known; the words after the code are ours.
  "aadsts-50072": {
    blame: "environment",
    layer: "authentication",
    station: "token",
    text: "AADSTS50072: The user must enrol for multi-factor authentication.",
    causes: [
      {
        cause: "Multi-factor authentication is on for the account, and no second factor is registered yet.",
        confirm: "a browser asks to set it up",
      },
    ],
    cure: "Sign in with a browser once, and register a second factor there.",
    commands: ["tieline connect ADMIN@DOMAIN --sign-in browser"],
    source: "The vendor's sign-in error codes",
  },
  "execution-policy": {
    blame: "environment",
    layer: "usage",
    station: "machine",
    text: "File {path} cannot be loaded because running scripts is disabled on this system. For more information, see about_Execution_Policies at https://go.microsoft.com/fwlink/?LinkID=135170.",
    also: [
      "cannot be loaded because running scripts is disabled on this system",
      "cannot be loaded because the execution of scripts is disabled on this system",
      "{path} is not digitally signed. You cannot run this script on the current system.",
    ],
    causes: [
      {
        cause: "The execution policy of this PowerShell allows no scripts.",
        confirm: "Get-ExecutionPolicy -List shows Restricted, AllSigned or Undefined",
      },
      { cause: "A group policy sets it.", confirm: "Get-ExecutionPolicy -List shows a value for MachinePolicy or UserPolicy" },
    ],
    cure: "Start PowerShell as an administrator and set the policy to RemoteSigned; where a group policy holds it, use `tieline connect`, which needs no script module.",
    commands: ["Set-ExecutionPolicy RemoteSigned", "Set-ExecutionPolicy RemoteSigned -Scope CurrentUser", "tieline connect ADMIN@DOMAIN"],
    source: DIAGNOSING,
    marks: ["UnauthorizedAccess", "PSSecurityException"],
  },
  "powershell-too-old": {
    blame: "environment",
    layer: "usage",
    station: "machine",
    text: "The version of the loaded PowerShell is '{version}'. The module '{path}' requires a minimum PowerShell version of '{minimum}' to execute. Please verify the installation of the PowerShell and try again.",
    also: [
      "The version of the loaded PowerShell is '{version}'.",
      "The current Windows PowerShell version is: '{version}'. The module '{path}' requires a minimum Windows PowerShell version of '{minimum}' to execute.",
      "The version of Windows PowerShell on this computer is '{version}'. The module '{path}' requires a minimum Windows PowerShell version of '{minimum}' to run.",
    ],
    causes: [
      {
        cause: "The module was imported into a PowerShell that is older than it needs.",
        confirm: "$PSVersionTable.PSVersion shows less than the version asked for",
      },
    ],
    cure: "Install a newer PowerShell (Windows PowerShell 5.1 for the retired module, PowerShell 7.3 or later for Tieline's), or use `tieline connect`, which needs none.",
    commands: ["$PSVersionTable.PSVersion", "tieline connect ADMIN@DOMAIN"],
    source: DIAGNOSING,
    marks: ["Modules_InsufficientPowerShellVersion"],
  },
  "module-not-installed": {
    blame: "environment",
    layer: "usage",
    station: "machine",
    text: "The specified module '{module}' was not loaded because no valid module file was found in any module directory.",
    causes: [
      { cause: "The module is not installed on this machine.", confirm: "Get-Module -ListAvailable does not list it" },
      { cause: "PowerShell was started before the module was installed.", confirm: "a new window finds it" },
    ],
    cure: "Install the module, or use Tieline's, which answers to the retired module's names as well.",
    commands: ["Get-Module -ListAvailable *Online*", "tieline connect ADMIN@DOMAIN"],
    source: "PowerShell's own text",
    marks: ["Modules_ModuleNotFound"],
  },
  "connector-not-imported": {
    blame: "environment",
    layer: "usage",
    station: "machine",
    text: "The term 'New-CsOnlineSession' is not recognized as the name of a cmdlet, function, script file, or operable program.",
    also: [
      "The term 'New-CsOnlineSession' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'New-CsOnlineSession' is not recognized as a name of a cmdlet, function, script file, or executable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
    ],
    causes: [
      { cause: "The connector's module was not imported in this window.", confirm: "Get-Module does not list SkypeOnlineConnector" },
      {
        cause: "The module is MicrosoftTeams 2.0 or later, which has no New-CsOnlineSession any more.",
        confirm: "Get-Module MicrosoftTeams shows 2.0 or later",
      },
    ],
    cure: "Import the module that has it, or connect with `tieline connect`.",
    commands: ["Import-Module SkypeOnlineConnector", "tieline connect ADMIN@DOMAIN"],
    source: "PowerShell's own text; the retired connector's parameters over time",
  },
  "session-not-imported": {
    blame: "environment",
    layer: "command",
    station: "command",
    text: "The term 'Get-CsOnline{noun}' is not recognized as the name of a cmdlet, function, script file, or operable program.",
    also: [
      "The term 'Get-CsOnline{noun}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'Get-CsOnline{noun}' is not recognized as a name of a cmdlet, function, script file, or executable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'Get-CsOnline{noun}' is not recognized as a name of a cmdlet, function, script file, or executable program.",
      "The term 'Get-CsTenant{noun}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'Get-CsTenant{noun}' is not recognized as the name of a cmdlet, function, script file, or operable program.",
      "The term 'Get-CsTenant{noun}' is not recognized as a name of a cmdlet, function, script file, or executable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'Get-CsTenant{noun}' is not recognized as a name of a cmdlet, function, script file, or executable program.",
      "The term 'Set-CsOnline{noun}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'Set-CsOnline{noun}' is not recognized as the name of a cmdlet, function, script file, or operable program.",
      "The term 'Set-CsOnline{noun}' is not recognized as a name of a cmdlet, function, script file, or executable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'Set-CsOnline{noun}' is not recognized as a name of a cmdlet, function, script file, or executable program.",
      "The term 'Set-CsTenant{noun}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'Set-CsTenant{noun}' is not recognized as the name of a cmdlet, function, script file, or operable program.",
      "The term 'Set-CsTenant{noun}' is not recognized as a name of a cmdlet, function, script file, or executable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
      "The term 'Set-CsTenant{noun}' is not recognized as a name of a cmdlet, function, script file, or executable program.",
    ],
    causes: [
      {
        cause: "No session is open, or it was opened and not imported: these cmdlets live at the service.",
        confirm: "Get-PSSession lists no session that is Opened",
      },
      { cause: "The session ended (60 minutes), and its imported module with it.", confirm: "Get-PSSession shows Broken or Closed" },
      { cause: "None of the account's roles holds the cmdlet.", confirm: "other cmdlets of the session work" },
    ],
    cure: "Open a session and import it; at the prompt of `tieline connect` the cmdlets are there at once.",
    commands: ["Import-PSSession $session -AllowClobber", "tieline connect ADMIN@DOMAIN"],
    source: "Public threads of administrators",
  },
  "import-shadowed": {
    blame: "environment",
    layer: "command",
    station: "command",
    text: "Proxy creation has been skipped for the following command: '{commands}', because it would shadow an existing local command. Use the AllowClobber parameter if you want to shadow existing local commands.",
    cure: "Import the session with -AllowClobber, or with a -Prefix if the local commands are needed as well.",
    commands: ["Import-PSSession $session -AllowClobber", "Import-PSSession $session -Prefix Online"],
    source: "PowerShell's own text",
  },
  "winrm-basic-disabled": {
    blame: "environment",
    layer: "authentication",
    station: "session",
    text: "The WinRM client cannot process the request. Basic authentication is currently disabled in the client configuration. Change the client configuration and try the request again.",
    also: ["Basic authentication is currently disabled in the client configuration.", "WinRM Basic authentication has been disabled."],
    causes: [
      {
        cause:
          "A security baseline or group policy has switched Basic off in this machine's WinRM client. The token of a modern sign-in travels in the Basic header, so no session can be opened.",
        confirm: "winrm get winrm/config/client/auth shows Basic = false",
      },
    ],
    cure: "Switch Basic on for the WinRM client (over https no password is exposed), or use `tieline connect`, which does not go through WinRM.",
    commands: ["winrm get winrm/config/client/auth", 'winrm set winrm/config/client/auth @{Basic="true"}', "tieline connect ADMIN@DOMAIN"],
    source: DIAGNOSING,
    marks: ["0x803380df"],
  },
  "live-id-unreachable": {
    blame: "environment",
    layer: "network",
    station: "token",
    text: "Failed to connect live id servers. Make sure proxy is enabled or machine has network connection to live id servers.",
    causes: [
      { cause: "The Microsoft Online Services Sign-in Assistant is not running.", confirm: 'Get-Service "msoidsvc" does not show Running' },
      {
        cause: "The network or a proxy keeps this machine from the sign-in servers.",
        confirm: "https://login.microsoftonline.com/ does not open in a browser here",
      },
      { cause: "The connection URI for the sign-in servers is configured wrongly.", confirm: "the service runs and the browser signs in" },
    ],
    cure: "Test the sign-in page in a browser, and let `tieline doctor` name the hop that refuses. The retired module also needs its Sign-in Assistant to run; `tieline connect` needs none.",
    commands: ['Get-Service "msoidsvc"', 'Start-Service "msoidsvc"', "tieline doctor ADMIN@DOMAIN"],
    source: DIAGNOSING,
  },
  "live-id-module-missing": {
    blame: "environment",
    layer: "usage",
    station: "token",
    text: "Can not load Live Id module. Make sure correct version of Live Id Sign-in assistant is installed.",
    causes: [
      {
        cause: "The Microsoft Online Services Sign-in Assistant is not installed, or of another version or bitness.",
        confirm: 'Get-Service "msoidsvc" finds no such service',
      },
    ],
    cure: "Install the Sign-in Assistant for IT Professionals, or sign in without -Credential, or with `tieline connect`: neither needs it.",
    commands: ['Get-Service "msoidsvc"', "tieline connect ADMIN@DOMAIN"],
    source: DIAGNOSING,
  },
  "sign-in-window-blank": {
    blame: "environment",
    layer: "usage",
    station: "token",
    // The window shows no text: these first words are ours. The others are what a locked-down browser says.
    text: "The sign-in window stays white.",
    also: [
      "The sign-in window is blank.",
      "Content within this application coming from the website listed below is being blocked by Internet Explorer Enhanced Security Configuration.",
      "Content from the website listed below is being blocked by the Internet Explorer Enhanced Security Configuration.",
      "Your browser is currently set to block JavaScript.",
      "Your browser is currently set to block cookies.",
    ],
    causes: [
      {
        cause:
          "Internet Explorer's security for the Internet zone is set to High, by hand or by group policy, so the page's script does not run.",
        confirm: "Internet Options, Security, Internet shows High",
      },
      { cause: "Cookies are blocked.", confirm: "Internet Options, Privacy" },
    ],
    cure: "Set the Internet zone to Medium-High and allow cookies; or sign in with a device code, in any browser on any machine.",
    commands: ["tieline connect ADMIN@DOMAIN --sign-in device-code"],
    source: AVOIDING,
  },
  "discovery-xml-error": {
    blame: "peer",
    layer: "discovery",
    text: "There is an error in XML document ({line},{column}).",
    causes: [
      {
        cause: "Something else than Lyncdiscover answers for the domain: a web site, a proxy's page, a parked domain.",
        confirm: "tieline doctor DOMAIN shows HTML at one of the hops",
      },
      {
        cause: "An on-premises deployment answers in a form that the retired module does not understand.",
        confirm: "the trace ends at an on-premises host",
      },
    ],
    cure: "Name the endpoint itself, so that discovery is skipped, or a domain that points online.",
    commands: [
      "tieline connect ADMIN@DOMAIN --override-admin-domain TENANT.onmicrosoft.com",
      "New-CsOnlineSession -OverridePowerShellUri https://adminXX.online.lync.com/OcsPowershellOAuth",
    ],
    source: "Public threads of administrators",
  },
  "tenant-domain-empty": {
    blame: "environment",
    layer: "discovery",
    station: "domain",
    text: "Tenant Domain is empty.",
    causes: [
      {
        cause: "The service was not told which tenant is meant: the account has no domain of a tenant, or AdminDomain was left out.",
        confirm: "the verbose lines show AdminDomain = ''",
      },
    ],
    cure: "Name the tenant's domain.",
    commands: [
      "tieline connect ADMIN@DOMAIN --override-admin-domain TENANT.onmicrosoft.com",
      "New-CsOnlineSession -OverrideAdminDomain TENANT.onmicrosoft.com",
    ],
    source: "Public threads of administrators",
  },
  "admin-domain-refused": {
    blame: "environment",
    layer: "discovery",
    station: "session",
    text: "Processing data from remote server {host} failed with the following error message: adminDomain.",
    causes: [
      {
        cause: "The endpoint wants the tenant's domain in the address (AdminDomain=), and it is missing there or is none that it knows.",
        confirm: "the ConnectionUri of the verbose lines ends with AdminDomain= and nothing behind it",
      },
    ],
    cure: "Name the tenant's own domain.",
    commands: ["tieline connect ADMIN@DOMAIN --override-admin-domain TENANT.onmicrosoft.com"],
    source: "Public threads of administrators",
  },
  "token-audience-invalid": {
    blame: "environment",
    layer: "authentication",
    station: "session",
    text: "OAuthAccessToken has invalid audience {audience}, expected {expected}",
    causes: [
      {
        cause: "The token was made for another resource than the endpoint's address.",
        confirm: "the aud of the token is not the target URI",
      },
    ],
    cure: "Ask for the token with the target URI itself as resource; `tieline connect` does.",
    commands: ["tieline doctor ADMIN@DOMAIN"],
    source: "Public clients of the retired service",
    http: 401,
  },
  "parameter-restricted": {
    blame: "environment",
    layer: "permission",
    station: "command",
    text: 'Unable to set "{parameter}". This parameter is restricted within Remote Tenant PowerShell.',
    causes: [
      {
        cause: "The user comes from the on-premises directory, which owns this attribute.",
        confirm: "Get-CsOnlineUser shows DirSyncEnabled True",
      },
      { cause: "The service lets no tenant administrator change it.", confirm: "it fails for an online-only user as well" },
    ],
    cure: "Change the value in the on-premises directory and let it be synchronised.",
    source: "Public threads of administrators",
  },
  "reconnection-recreating": {
    blame: "environment",
    layer: "session",
    station: "command",
    text: 'Recreating a new remote powershell session (implicit) for command: "{command}" ...',
    causes: [
      {
        cause:
          "The session ended (after 60 minutes, or because the network broke), and Enable-CsOnlineSessionForReconnection opens the next one; an account with a second factor is asked again.",
        confirm: "Get-PSSession lists the old session as Broken or Closed",
      },
    ],
    cure: "Nothing is wrong. `tieline connect` signs in again silently, ahead of time.",
    source: "The retired connector's Enable-CsOnlineSessionForReconnection",
  },
  "reconnection-no-input": {
    blame: "environment",
    layer: "session",
    station: "command",
    text: "Unable find input parameters from global scope, will not be able to recreate session.",
    causes: [
      {
        cause:
          "The variable $global:CsOnlineSessionInputParams is empty: the session was opened in another scope, window or job, or the variable was cleared.",
        confirm: "$global:CsOnlineSessionInputParams shows nothing",
      },
    ],
    cure: "Open the session again in this window, then enable reconnection.",
    commands: [
      "$session = New-CsOnlineSession -UserName ADMIN@DOMAIN",
      "Import-PSSession $session -AllowClobber",
      "Enable-CsOnlineSessionForReconnection",
    ],
    source: "The retired connector's Enable-CsOnlineSessionForReconnection",
  },
  "reconnection-no-session": {
    blame: "environment",
    layer: "session",
    station: "command",
    text: "No session has been associated with this implicit remoting module.",
    causes: [
      { cause: "The session behind the imported module was removed, and no new one could be made.", confirm: "Get-PSSession lists none" },
    ],
    cure: "Open a session and import it again.",
    commands: [
      "Get-Module tmp_* | Remove-Module",
      "$session = New-CsOnlineSession -UserName ADMIN@DOMAIN",
      "Import-PSSession $session -AllowClobber",
    ],
    source: "The retired connector's Enable-CsOnlineSessionForReconnection",
  },
  "session-not-open": {
    blame: "environment",
    layer: "session",
    station: "command",
    text: "Because the session state for session {name}, {id}, {host} is not equal to Open, you cannot run a command in the session.  The session state is {state}.",
    causes: [
      { cause: "The service ended the session at its lifetime of 60 minutes.", confirm: "it was opened an hour ago" },
      { cause: "The network broke.", confirm: "it is younger than an hour" },
    ],
    cure: "Open a new session; what a running command did is not known.",
    commands: ["Get-PSSession", "Get-PSSession | Where-Object State -ne Opened | Remove-PSSession"],
    source: "PowerShell's own text; founding document 000",
    marks: ["InvokeCommandCommandInvalidSessionState"],
  },
  "micro-delay": {
    blame: "environment",
    layer: "limit",
    station: "command",
    text: "Micro delay applied. Actual delayed: {milliseconds} msecs, Enforced: {enforced}, Capped delay: {capped} msecs, Required: {required}, Additional info: {info}",
    also: ["Micro delay applied."],
    causes: [
      {
        cause: "The account's budget of commands is used up; it belongs to the credential, across all of its sessions.",
        confirm: "the line with the budget shows a negative Balance",
      },
    ],
    cure: "Send commands more slowly or in fewer sessions; `tieline` obeys the delay by itself. Another account has a budget of its own.",
    source: "Public reports of the retired service's throttling",
  },
  "network-delay-set": {
    blame: "environment",
    layer: "usage",
    station: "machine",
    text: "WSMan NetworkDelayms has been set to {milliseconds} milliseconds. The previous value was {previous} milliseconds.",
    also: [
      "To improve the performance of the Lync Online Connector, it is recommended that the network delay be set to 30000 milliseconds (30 seconds).",
    ],
    cure: "Nothing is wrong: the module says this at its first import. Set-WinRMNetworkDelayMS sets another value.",
    commands: ["Set-WinRMNetworkDelayMS 30000"],
    source: "The retired connector's module",
  },
} as const satisfies Record<string, FaultEntry>;
