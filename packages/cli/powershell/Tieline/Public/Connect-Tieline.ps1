function Connect-Tieline {
  <#
    .SYNOPSIS
    Opens a session to a remote PowerShell endpoint.
    .DESCRIPTION
    Signs in, finds the endpoint, and gives a PSSession for Import-PSSession, Invoke-Command and Enter-PSSession. The
    session is held by Tieline's bridge, a process of your own that starts when it is wanted and ends by itself.
    .PARAMETER UserName
    Who signs in: name@domain. Without a credential or a token Tieline asks, or opens a browser.
    .PARAMETER Credential
    A name and password, for endpoints and accounts that take them.
    .PARAMETER OAuthAccessToken
    A token for the endpoint, come by elsewhere.
    .PARAMETER OverrideAdminDomain
    The tenant's domain, where it is not the one behind the @.
    .PARAMETER OverrideDiscoveryUri
    Where discovery begins, instead of the lyncdiscover names.
    .PARAMETER OverridePowerShellUri
    The endpoint itself; skips discovery. Any WS-Management endpoint will do.
    .PARAMETER OverrideAccessTokenResourceUri
    What the token is asked for, instead of the endpoint's own address.
    .PARAMETER SessionOption
    From New-PSSessionOption: proxy, time-outs, application arguments, culture.
    .PARAMETER Authentication
    Default, Basic, Negotiate, Ntlm, Kerberos or Certificate.
    .PARAMETER ClientId
    An application of your own; with its certificate it signs in without a person.
    .PARAMETER Tenant
    The account's tenant, where it is not the user's domain.
    .PARAMETER CertificateFile
    A client certificate, or with -ClientId the application's: PEM, or .pfx with its passphrase in TIELINE_PASSPHRASE.
    .PARAMETER KeyFile
    The certificate's private key, where it is in a file of its own.
    .PARAMETER Proxy
    A proxy for every stage: http, https or socks5, none, system, environment, auto, wpad.
    .PARAMETER ConnectTo
    Where a name lives, as host:port:address:port.
    .PARAMETER CAFile
    Files of authorities to trust beside the built-in ones.
    .PARAMETER OpenTimeoutSeconds
    How long opening may take.
    .PARAMETER NoReconnection
    Lets the session end with its first shell.
    .PARAMETER DeviceCode
    Shows a code to type into a browser elsewhere, instead of opening one here.
    .PARAMETER TeamsEnvironmentName
    The cloud where discovery begins: TeamsGCCH, TeamsDOD, TeamsChina.
    .PARAMETER Lab
    Names, authority and accounts of the lab on this machine (or TIELINE_LAB).
    .PARAMETER LabFolder
    The folder of that lab.
    .PARAMETER Name
    The session's name.
    .EXAMPLE
    $session = Connect-Tieline admin@contoso.com
    Import-PSSession $session -AllowClobber
    .EXAMPLE
    Connect-Tieline -OverridePowerShellUri https://pool01.contoso.local/OcsPowershell -Credential (Get-Credential) | Enter-PSSession
    .OUTPUTS
    System.Management.Automation.Runspaces.PSSession
  #>
  [CmdletBinding(DefaultParameterSetName = 'UserName')]
  [OutputType([System.Management.Automation.Runspaces.PSSession])]
  param(
    [Parameter(ParameterSetName = 'UserName', Position = 0)][string]$UserName,
    [Parameter(ParameterSetName = 'Credential', Position = 0, Mandatory)][pscredential]$Credential,
    [Parameter(ParameterSetName = 'OAuthAccessToken', Mandatory)][Alias('AccessToken')][securestring]$OAuthAccessToken,
    [Alias('TenantDomain')][string]$OverrideAdminDomain,
    [uri]$OverrideDiscoveryUri,
    [Alias('TargetUri', 'ConnectionUri')][uri]$OverridePowerShellUri,
    [uri]$OverrideAccessTokenResourceUri,
    [System.Management.Automation.Remoting.PSSessionOption]$SessionOption,
    [ValidateSet('Default', 'Basic', 'Negotiate', 'Ntlm', 'Kerberos', 'Certificate')][string]$Authentication,
    [string]$ClientId,
    [string]$Tenant,
    [string]$CertificateFile,
    [string]$KeyFile,
    [string]$Proxy,
    [string[]]$ConnectTo,
    [string[]]$CAFile,
    [ValidateRange(1, 86400)][int]$OpenTimeoutSeconds,
    [string]$TeamsEnvironmentName,
    [switch]$DeviceCode,
    [switch]$NoReconnection,
    [switch]$Lab,
    [string]$LabFolder,
    [string]$Name
  )
  try { Open-TielineSession -Bound ([hashtable]$PSBoundParameters) -Cmdlet $PSCmdlet }
  catch [System.Management.Automation.PipelineStoppedException] { throw }
  catch { $PSCmdlet.ThrowTerminatingError((Copy-TielineError $_)) }
}
