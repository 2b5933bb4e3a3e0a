function Get-CsOnlinePowerShellEndpoint {
  <#
    .SYNOPSIS
    Finds the remote PowerShell endpoint of a domain.
    .DESCRIPTION
    Walks the domain's Lyncdiscover documents, redirects and Hybrid links. The whole way, hop by hop, is shown by the
    command: tieline discover DOMAIN.
    .PARAMETER TargetDomain
    The domain; of a hybrid deployment the tenant's own, such as contoso.onmicrosoft.com.
    .PARAMETER OverrideDiscoveryUri
    Where discovery begins.
    .PARAMETER OverrideDesiredLink
    Another link of the domain's document.
    .PARAMETER Lab
    Names and authority of the lab on this machine (or TIELINE_LAB).
    .PARAMETER LabFolder
    The folder of that lab.
    .EXAMPLE
    Get-CsOnlinePowerShellEndpoint -TargetDomain contoso.onmicrosoft.com | Select-Object Host
    .OUTPUTS
    System.Uri
  #>
  [CmdletBinding(SupportsShouldProcess)]
  [OutputType([uri])]
  param(
    [Parameter(Mandatory, Position = 0)][string]$TargetDomain,
    [uri]$OverrideDiscoveryUri,
    [string]$OverrideDesiredLink,
    [switch]$Lab,
    [string]$LabFolder
  )
  if (-not $PSCmdlet.ShouldProcess($TargetDomain, 'Discover the endpoint')) { return }
  $words = @('discover', $TargetDomain, '-o', 'json')
  if ($OverrideDiscoveryUri) { $words += '--override-discovery-uri', $OverrideDiscoveryUri.OriginalString }
  if ($OverrideDesiredLink) { $words += '--override-desired-link', $OverrideDesiredLink }
  $place = Get-TielineLab -Bound ([hashtable]$PSBoundParameters)
  if ($place -is [string]) { $words += '--data', $place } elseif ($place) { $words += '--lab' }
  try { $found = @(Invoke-TielineCommand -ArgumentList $words)[0] }
  catch { $PSCmdlet.ThrowTerminatingError((Copy-TielineError $_)) }
  [uri]$found.TargetUri
}
