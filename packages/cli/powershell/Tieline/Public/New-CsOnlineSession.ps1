function New-CsOnlineSession {
  <#
    .SYNOPSIS
    Opens a session to the online service, as the retired connector did.
    .DESCRIPTION
    The parameters of every version of the retired connector, in their sets and places. -Verbose prints its four stages in
    its own words. See Connect-Tieline for the rest.
    .PARAMETER UserName
    Who signs in, in a browser or with a code.
    .PARAMETER Credential
    Who signs in with a password alone; refused for accounts with a second factor.
    .PARAMETER OAuthAccessToken
    A token for the endpoint.
    .PARAMETER OverrideAdminDomain
    The tenant's domain; needed in a hybrid deployment, where discovery by the user's domain ends on premises.
    .PARAMETER OverrideDiscoveryUri
    Where discovery begins.
    .PARAMETER OverridePowerShellUri
    The endpoint itself (also TargetUri); skips discovery.
    .PARAMETER OverrideAccessTokenResourceUri
    What the token is asked for.
    .PARAMETER TeamsEnvironmentName
    The cloud where discovery begins: TeamsGCCH, TeamsDOD, TeamsChina.
    .PARAMETER SessionOption
    From New-PSSessionOption; its proxy holds for every stage.
    .PARAMETER Lab
    Names, authority and accounts of the lab on this machine (or TIELINE_LAB).
    .PARAMETER LabFolder
    The folder of that lab.
    .EXAMPLE
    $session = New-CsOnlineSession -Verbose -OverrideAdminDomain contoso.onmicrosoft.com
    Import-PSSession $session -AllowClobber
    .OUTPUTS
    System.Management.Automation.Runspaces.PSSession
  #>
  [CmdletBinding(DefaultParameterSetName = 'UserName')]
  [OutputType([System.Management.Automation.Runspaces.PSSession])]
  param(
    [Parameter(ParameterSetName = 'UserName', Position = 0)][string]$UserName,
    [Parameter(ParameterSetName = 'Credential', Position = 0)][pscredential]$Credential,
    [Parameter(ParameterSetName = 'OAuthAccessToken')][securestring]$OAuthAccessToken,
    [Parameter(Position = 1)][string]$OverrideAdminDomain,
    [Parameter(Position = 2)][uri]$OverrideDiscoveryUri,
    [Parameter(Position = 3)][Alias('TargetUri')][uri]$OverridePowerShellUri,
    [Parameter(Position = 4)][System.Management.Automation.Remoting.PSSessionOption]$SessionOption,
    [uri]$OverrideAccessTokenResourceUri,
    [string]$TeamsEnvironmentName,
    [switch]$Lab,
    [string]$LabFolder
  )
  try { Open-TielineSession -Bound ([hashtable]$PSBoundParameters) -Cmdlet $PSCmdlet }
  catch [System.Management.Automation.PipelineStoppedException] { throw }
  catch { $PSCmdlet.ThrowTerminatingError((Copy-TielineError $_)) }
}
