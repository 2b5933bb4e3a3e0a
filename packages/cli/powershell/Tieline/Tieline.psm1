# Tieline's module: a function a file. Import-Module Tieline -ArgumentList IncludeTeamsAlias adds Connect-MicrosoftTeams.
param([string[]]$Option = @())

# Said before anything that such a PowerShell refuses in words of its own.
if ("$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage') {
  throw "This PowerShell runs in $($ExecutionContext.SessionState.LanguageMode) mode, in which a module may not open sessions. Ask the administrator of this machine to sign or allow the module, or use the command: tieline connect."
}

# What a caller is strict about is his own code.
Set-StrictMode -Off
$script:ModuleRoot = $PSScriptRoot
foreach ($folder in 'Private', 'Public') {
  foreach ($file in Get-ChildItem -LiteralPath (Join-Path $PSScriptRoot $folder) -Filter *.ps1) { . $file.FullName }
}

Set-Alias -Name Get-CsPowerShellEndpoint -Value Get-CsOnlinePowerShellEndpoint
# An alias comes before a function: what Import-PSSession brings from a pool is then reached through the sign-in here.
Set-Alias -Name Move-CsUser -Value Move-TielineUser
$aliases = @('Get-CsPowerShellEndpoint', 'Move-CsUser')
if ($Option -contains 'IncludeTeamsAlias' -or $env:TIELINE_TEAMS_ALIAS -in '1', 'true') {
  Set-Alias -Name Connect-MicrosoftTeams -Value Connect-Tieline
  Set-Alias -Name Disconnect-MicrosoftTeams -Value Disconnect-Tieline
  $aliases += 'Connect-MicrosoftTeams', 'Disconnect-MicrosoftTeams'
}
$functions = @(
  'Connect-Tieline', 'Disconnect-Tieline', 'Get-TielineSession', 'New-CsOnlineSession', 'Get-CsOnlinePowerShellEndpoint'
  'Get-CsOnlinePowerShellAccessToken', 'Get-CsWebTicket', 'Enable-CsOnlineSessionForReconnection', 'Set-WinRMNetworkDelayMS', 'Move-TielineUser'
)
# Where PowerShell's own has them, its settings are its own.
$own = Get-Command -Name New-PSSessionOption -Module Microsoft.PowerShell.Core -CommandType Cmdlet -ErrorAction Ignore
if (-not $own -or -not $own.Parameters.ContainsKey('ProxyAccessType')) { $functions += 'New-PSSessionOption' }
Export-ModuleMember -Alias $aliases -Function $functions
