function Set-WinRMNetworkDelayMS {
  <#
    .SYNOPSIS
    Sets how long an answer of the service may be delayed by the network.
    .DESCRIPTION
    On Windows this is NetworkDelayms of the WinRM client, as it was in the retired connector. Where there is no WinRM
    client the value is Tieline's own, kept for your account: opening a session waits so much longer.
    .PARAMETER NetworkDelayMS
    Milliseconds.
    .EXAMPLE
    Set-WinRMNetworkDelayMS 30000
  #>
  [CmdletBinding(SupportsShouldProcess)]
  param([Parameter(Mandatory, Position = 0)][ValidateRange(500, 2147483647)][int]$NetworkDelayMS)
  if (-not $PSCmdlet.ShouldProcess('NetworkDelayms', "Set to $NetworkDelayMS")) { return }
  try { Set-TielineNetworkDelay -Milliseconds $NetworkDelayMS }
  catch { $PSCmdlet.ThrowTerminatingError((Copy-TielineError $_)) }
}
