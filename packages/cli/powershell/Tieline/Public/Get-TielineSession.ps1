function Get-TielineSession {
  <#
    .SYNOPSIS
    The sessions of this PowerShell that Tieline opened.
    .DESCRIPTION
    Those of Get-PSSession that came from Connect-Tieline or New-CsOnlineSession. ComputerName is the service's host, where
    PowerShell itself says localhost; ConnectionUri and UserName say more.
    .EXAMPLE
    Get-TielineSession | Format-Table Name, ComputerName, UserName, State
    .OUTPUTS
    System.Management.Automation.Runspaces.PSSession
  #>
  [CmdletBinding()]
  [OutputType([System.Management.Automation.Runspaces.PSSession])]
  param()
  Get-PSSession | Where-Object { $_.PSObject.Properties['TielineId'] }
}
