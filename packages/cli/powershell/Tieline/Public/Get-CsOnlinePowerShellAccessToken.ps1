function Get-CsOnlinePowerShellAccessToken {
  <#
    .SYNOPSIS
    Signs in and gives a token for the endpoint, for New-CsOnlineSession -OAuthAccessToken.
    .DESCRIPTION
    The authority, and the client id where none is given, are those that the endpoint names in its challenge.
    .PARAMETER UserName
    Who signs in.
    .PARAMETER Credential
    Who signs in with a password alone.
    .PARAMETER TargetUri
    The endpoint; left out, it is discovered by the user's domain.
    .PARAMETER ClientId
    An application of your own.
    .PARAMETER AuthUri
    Taken for the sake of old scripts: the authority is the one that the endpoint itself names.
    .PARAMETER AsPlainText
    Gives the token as a text. Whoever has it is you, for an hour.
    .EXAMPLE
    New-CsOnlineSession -OAuthAccessToken (Get-CsOnlinePowerShellAccessToken admin@contoso.com)
    .OUTPUTS
    System.Security.SecureString
  #>
  [CmdletBinding(DefaultParameterSetName = 'UserName')]
  [OutputType([securestring], [string])]
  param(
    [Parameter(ParameterSetName = 'UserName', Position = 0)][string]$UserName,
    [Parameter(ParameterSetName = 'Credential', Position = 0, Mandatory)][pscredential]$Credential,
    [Alias('OverridePowerShellUri')][uri]$TargetUri,
    [string]$OverrideAdminDomain,
    [string]$ClientId,
    [uri]$AuthUri,
    [switch]$AsPlainText,
    [switch]$DeviceCode,
    [switch]$Lab,
    [string]$LabFolder
  )
  if ($AuthUri) { Write-Warning "The authority is the one that the endpoint names; -AuthUri $AuthUri is not used." }
  $bound = [hashtable]$PSBoundParameters
  if ($TargetUri) { $bound['OverridePowerShellUri'] = $TargetUri }
  try {
    $found = Get-TielineToken -Bound $bound
    if (-not $found.token) {
      throw (New-TielineError -Message "The endpoint $($found.targetUri) asks for no token." -Id 'TokenNotAsked' -Cure 'Open the session with -Credential.')
    }
  }
  catch [System.Management.Automation.PipelineStoppedException] { throw }
  catch { $PSCmdlet.ThrowTerminatingError((Copy-TielineError $_)) }
  if ($AsPlainText) { $found.token } else { ConvertTo-TielineSecret $found.token }
}
