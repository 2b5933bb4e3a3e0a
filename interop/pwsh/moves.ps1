# The founding documents' scripts about moves as they stand, with their effect at both sites.
. $PSScriptRoot/session.ps1
$ErrorActionPreference = 'Continue'
function Get-Credential { [pscredential]::new($env:TIELINE_LAB_USER, (ConvertTo-SecureString $env:TIELINE_LAB_PASSWORD -AsPlainText -Force)) }

$null = New-PSDrive -Name C -PSProvider FileSystem -Root $env:TIELINE_DRIVE
Import-Module Tieline
$atPool = [pscredential]::new($env:TIELINE_POOL_USER, (ConvertTo-SecureString $env:TIELINE_POOL_PASSWORD -AsPlainText -Force))
$pool = Connect-Tieline -OverridePowerShellUri https://pool01.contoso.local/OcsPowershell -Credential $atPool
$online = Connect-Tieline -Credential (Get-Credential)
Import-Module (Import-PSSession $pool -AllowClobber) -Global
Import-Module (Import-PSSession $online -CommandName Get-CsOnlineUser -AllowClobber) -Global

function Invoke-Founding([string]$Name) {
  # Everything that it says, by stream; each of its lines runs where the person's lines run.
  $script:Out = @(. "$PSScriptRoot/founding/$Name.ps1" *>&1)
  $script:Errors = @($script:Out | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | ForEach-Object { "$($_.FullyQualifiedErrorId): $_" })
  Check "${Name}: no error" $script:Errors @()
}

function Get-Homing([string]$Identity) {
  # Where both sites say that somebody is homed.
  $here = Get-CsUser -Identity $Identity
  $there = Get-CsOnlineUser -Identity $Identity
  "$($here.HostingProvider) $($here.RegistrarPool) | $($there.HostingProvider) $($there.InterpretedUserType)"
}

Invoke-Founding 's002-12-export-online-users'
Check 's002-12: the heading' (Get-Content C:\temp\OnlineUsers.csv -TotalCount 1) '"SipAddress","DisplayName"'
$listed = @(Get-CsOnlineUser | Where-Object SipAddress | ForEach-Object { "$($_.SipAddress) $($_.DisplayName)" })
Check 's002-12: who has an address' @(Import-Csv C:\temp\OnlineUsers.csv | ForEach-Object { "$($_.SipAddress) $($_.DisplayName)" }) $listed
Get-Homing alice@contoso.com
Get-Homing user@contoso.com
Get-PSSession | Remove-PSSession
Check 'nothing is left' @(Get-PSSession).Count 0
'done'
