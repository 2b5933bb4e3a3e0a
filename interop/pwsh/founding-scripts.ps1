# What administrators had in their scripts of that time, dot-sourced as it stood, after Import-PSSession from the lab.
. $PSScriptRoot/session.ps1
Import-Module $PSScriptRoot/pipe-session.psm1
$s = if ($env:TIELINE_SOCKET) { New-SocketSession $env:TIELINE_SOCKET } else {
  $credential = [pscredential]::new($env:TIELINE_LAB_USER, (ConvertTo-SecureString $env:TIELINE_LAB_PASSWORD -AsPlainText -Force))
  $unchecked = [System.Management.Automation.Remoting.PSSessionOption]@{ SkipCACheck = $true; SkipCNCheck = $true }
  New-PSSession -ConnectionUri $env:TIELINE_URI -Credential $credential -Authentication Basic -SessionOption $unchecked -ErrorAction Stop
}
$module = Import-PSSession $s -AllowClobber -WarningAction SilentlyContinue
Check 'imported' ($module.ExportedFunctions.Count -gt 10) $true
Set-Location $env:TIELINE_FOLDER

Set-Content tenant.ps1 'Get-CsTenant|ft identity'
$table = @((. ./tenant.ps1) | Out-String -Stream | Where-Object { $_ -ne '' })
Check 'tenant: a table of one column' @($table[0].Trim(), $table[1].Trim('- ')) @('Identity', '')
Check 'tenant: its identity' $table[2].Trim() (Get-CsTenant).Identity
Check 'tenant: nothing more' $table.Count 3

$external = { Get-CsExternalAccessPolicy -Identity Global | ForEach-Object { $_.EnableFederationAccess, $_.EnableOutsideAccess } }
Set-CsExternalAccessPolicy -Identity Global -EnableFederationAccess $false -EnableOutsideAccess $false
Check 'external access: before' @(& $external) @($false, $false)
Set-Content access.ps1 'Get-CsExternalAccessPolicy -Identity Global | Set-CsExternalAccessPolicy -EnableFederationAccess $True -EnableOutsideAccess $True'
$said = @(. ./access.ps1)
Check 'external access: nothing said' $said.Count 0
Check 'external access: after' @(& $external) @($true, $true)

Set-CsMobilityPolicy -Identity Global -AllowSaveCredentials $true
$other = @(Get-CsMobilityPolicy | Where-Object Identity -NE 'Global' | ForEach-Object { "$($_.Identity) $($_.AllowSaveCredentials)" })
Set-Content mobility.ps1 'Set-CsMobilityPolicy -AllowSaveCredentials $false'
. ./mobility.ps1
Check 'mobility: the global policy' (Get-CsMobilityPolicy -Identity Global).AllowSaveCredentials $false
Check 'mobility: no other' @(Get-CsMobilityPolicy | Where-Object Identity -NE 'Global' | ForEach-Object { "$($_.Identity) $($_.AllowSaveCredentials)" }) $other

Set-Content export.ps1 'Get-CSOnlineUser | ? {$_.SipAddress -notlike $Null} | Select SipAddress, DisplayName | Export-CSV -Path ./OnlineUsers.csv -NoTypeInformation'
. ./export.ps1
$all = @(Get-CsOnlineUser)
$with = @($all | Where-Object SipAddress | ForEach-Object { "$($_.SipAddress) $($_.DisplayName)" })
Check 'export: some have no address' ($with.Count -gt 0 -and $with.Count -lt $all.Count) $true
Check 'export: the heading' (Get-Content OnlineUsers.csv -TotalCount 1) '"SipAddress","DisplayName"'
Check 'export: who has one' @(Import-Csv OnlineUsers.csv | ForEach-Object { "$($_.SipAddress) $($_.DisplayName)" }) $with

Remove-Module $module
Remove-PSSession $s
Check 'closed' "$($s.State)" 'Closed'
'done'
