function Disconnect-Tieline {
  <#
    .SYNOPSIS
    Closes sessions that Connect-Tieline opened: those that are given, or all of this PowerShell.
    .DESCRIPTION
    The same as Remove-PSSession, which closes them as well.
    .PARAMETER Session
    The sessions to close.
    .EXAMPLE
    Disconnect-Tieline
  #>
  [CmdletBinding(SupportsShouldProcess)]
  param([Parameter(Position = 0, ValueFromPipeline)][System.Management.Automation.Runspaces.PSSession[]]$Session)
  process {
    foreach ($each in $(if ($Session) { $Session } else { Get-TielineSession })) {
      if ($PSCmdlet.ShouldProcess($each.Name, 'Remove-PSSession')) { Remove-PSSession -Session $each }
    }
  }
}
