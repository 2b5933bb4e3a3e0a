function Get-CsWebTicket {
  <#
    .SYNOPSIS
    Signs in with a password the way of old, without a browser, and gives a web ticket for the endpoint.
    .DESCRIPTION
    The password goes to the token service that the endpoint's web ticket service trusts. An account with a second factor is
    refused. New-CsOnlineSession does this by itself where a tenant takes no tokens; the ticket is for programs of your own,
    which show it as the password of the user oauth (Basic).
    .PARAMETER Credential
    Who signs in.
    .PARAMETER TargetUri
    The endpoint; left out, it is discovered by the user's domain.
    .PARAMETER AsPlainText
    Gives the ticket as a text. Whoever has it is you, for an hour.
    .EXAMPLE
    $ticket = Get-CsWebTicket -Credential (Get-Credential)
    .OUTPUTS
    System.Security.SecureString
  #>
  [CmdletBinding()]
  [OutputType([securestring], [string])]
  param(
    [Parameter(Position = 0, Mandatory)][pscredential]$Credential,
    [Alias('OverridePowerShellUri')][uri]$TargetUri,
    [string]$OverrideAdminDomain,
    [switch]$AsPlainText,
    [switch]$Lab,
    [string]$LabFolder
  )
  $bound = [hashtable]$PSBoundParameters
  $bound['WebTicket'] = $true
  if ($TargetUri) { $bound['OverridePowerShellUri'] = $TargetUri }
  try {
    $found = Get-TielineToken -Bound $bound
    if (-not $found.token) {
      throw (New-TielineError -Message "The endpoint $($found.targetUri) gives no web tickets." -Id 'TokenNotAsked' -Cure 'Open the session with -Credential.')
    }
  }
  catch [System.Management.Automation.PipelineStoppedException] { throw }
  catch { $PSCmdlet.ThrowTerminatingError((Copy-TielineError $_)) }
  if ($AsPlainText) { $found.token } else { ConvertTo-TielineSecret $found.token }
}
