# The founding documents' scripts about moves as they stand, with their effect at both sites.
. $PSScriptRoot/session.ps1
$ErrorActionPreference = 'Continue'
function Get-Credential { [pscredential]::new($env:TIELINE_LAB_USER, (ConvertTo-SecureString $env:TIELINE_LAB_PASSWORD -AsPlainText -Force)) }
$service = 'https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc'
$provider = 'sipfed.online.lync.com'
$wasOnline = "$provider  | $provider HybridOnlineSfBUser"
$wasHere = 'SRV: pool01.contoso.local | SRV: HybridOnpremSfBUser'

$null = New-PSDrive -Name C -PSProvider FileSystem -Root $env:TIELINE_DRIVE
Import-Module Tieline
$atPool = [pscredential]::new($env:TIELINE_POOL_USER, (ConvertTo-SecureString $env:TIELINE_POOL_PASSWORD -AsPlainText -Force))
$pool = Connect-Tieline -OverridePowerShellUri https://pool01.contoso.local/OcsPowershell -Credential $atPool
$online = Connect-Tieline -Credential (Get-Credential)
Import-Module (Import-PSSession $pool -AllowClobber) -Global
Import-Module (Import-PSSession $online -CommandName Get-CsOnlineUser -AllowClobber) -Global

function Invoke-Founding([string]$Name) {
  # Everything that it says, by stream.
  $script:Out = @(. "$PSScriptRoot/founding/$Name.ps1" *>&1)
  $errors = @($script:Out | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | ForEach-Object { "$($_.FullyQualifiedErrorId): $_" })
  Check "${Name}: no error" $errors @()
}

function Get-Homing([string]$Identity) {
  # Where both sites say that somebody is homed.
  $here = Get-CsUser -Identity $Identity
  $there = Get-CsOnlineUser -Identity $Identity
  "$($here.HostingProvider) $($here.RegistrarPool) | $($there.HostingProvider) $($there.InterpretedUserType)"
}

'# the deployment is prepared'
Set-CsAccessEdgeConfiguration -AllowOutsideUsers $false -AllowFederatedUsers $false
Invoke-Founding 's002-05-access-edge'
$edge = Get-CsAccessEdgeConfiguration
Check 's002-05: the edge' @($edge.AllowOutsideUsers, $edge.AllowFederatedUsers, $edge.EnablePartnerDiscovery, $edge.RoutingMethod) @('True', 'True', 'True', 'UseDnsSrvRouting')
Set-CsExternalAccessPolicy -Identity Global -EnableFederationAccess $false -EnableOutsideAccess $false
Invoke-Founding 's002-06-external-access'
$access = Get-CsExternalAccessPolicy -Identity Global
Check 's002-06: the policy' @($access.EnableFederationAccess, $access.EnableOutsideAccess) @($true, $true)
Invoke-Founding 's002-07-remove-hosting'
Check 's002-07: no provider is left' @(Get-CsHostingProvider).Count 0
Invoke-Founding 's002-08-new-hosting'
$made = Get-CsHostingProvider
Check 's002-08: the provider' @($made.Identity, $made.ProxyFqdn, $made.EnabledSharedAddressSpace, $made.HostsOCSUsers) @('SFBOnline', $provider, 'True', 'True')
Invoke-Founding 's002-15-mobility'
$mobility = Get-CsMobilityPolicy -Identity Global
Check 's002-15: the policy' @($mobility.AllowSaveCredentials, $mobility.AllowExchangeConnectivity) @($false, $false)
Invoke-Founding 's002-16-alloweddomain'

'# one user, both ways to sign in'
Check 'before' (Get-Homing user@contoso.com) $wasHere
Invoke-Founding 's000-07-move-legacy'
Check 's000-07: both sites' (Get-Homing user@contoso.com) $wasOnline
$e = Move-CsUser -Identity user@contoso.com -Target pool01.contoso.local -Credential (Get-Credential) -HostedMigrationOverrideUrl $service -Confirm:$false 2>&1
Check 'back: no error' @($e) @()
Check 'back: both sites' (Get-Homing user@contoso.com) $wasHere
$asked = Invoke-Command -Session $pool { Move-CsUser -Identity user@contoso.com -Target sipfed.online.lync.com -UseOAuth -Confirm:$false } 2>&1
Check 'OAuth in the session: why not' ("$asked" -match 'window') $true
Invoke-Founding 's000-08-move-oauth'
$signedIn = @($script:Out | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object { "$_" })
Check 's000-08: signed in here' $signedIn @('Requesting authentication token', 'Success')
Check 's000-08: both sites' (Get-Homing user@contoso.com) $wasOnline
$certificate = "$env:TIELINE_LAB/authority/migration"
$application = @{ ClientId = '5f1a4a52-0c7e-4a57-9a41-7a1e11e00003'; Tenant = 'contoso.com'; CertificateFile = "$certificate.crt"; KeyFile = "$certificate.key" }
$e = 'user@contoso.com' | Move-CsUser -Target pool01.contoso.local -HostedMigrationOverrideUrl $service @application -Confirm:$false 2>&1
Check 'back by an application: no error' @($e) @()
Check 'back by an application: both sites' (Get-Homing user@contoso.com) $wasHere
$e = Move-CsUser user@contoso.com $provider -TenantAdminUserName admin@contoso.com -WhatIf 2>&1
Check '-WhatIf, and the address is discovered: no error' @($e) @()
Check '-WhatIf: both sites' (Get-Homing user@contoso.com) $wasHere

'# an account that joins its user online'
$cred = Get-Credential
$credential = $cred
Move-CsUser -Identity kenmyer@contoso.com -Target $provider -Credential $cred -HostedMigrationOverrideUrl $service -Confirm:$false
Disable-CsUser -Identity kenmyer@contoso.com -Confirm:$false
Invoke-Founding 's002-09-enable-pilot'
Check 's002-09: both sites' (Get-Homing kenmyer@contoso.com) $wasOnline
Invoke-Founding 's002-11-move-back'
Check 's002-11: both sites' (Get-Homing kenmyer@contoso.com) $wasHere

'# everybody'
Invoke-Founding 's002-12-export-online-users'
Check 's002-12: the heading' (Get-Content C:\temp\OnlineUsers.csv -TotalCount 1) '"SipAddress","DisplayName"'
$listed = @(Get-CsOnlineUser | Where-Object SipAddress | ForEach-Object { "$($_.SipAddress) $($_.DisplayName)" })
Check 's002-12: who has an address' @(Import-Csv C:\temp\OnlineUsers.csv | ForEach-Object { "$($_.SipAddress) $($_.DisplayName)" }) $listed
# The document's tenant had nobody on premises yet: of ours, those who are online and whom the deployment knows.
$ours = @(Get-CsUser | Where-Object HostingProvider -EQ $provider | ForEach-Object SipAddress)
Import-Csv C:\temp\OnlineUsers.csv | Where-Object SipAddress -In $ours | Export-Csv C:\updates\OnlineUsers.csv -NoTypeInformation
Check 'there are some' ($ours.Count -gt 1) $true
$ours | ForEach-Object { Disable-CsUser -Identity $_ -Confirm:$false }
Invoke-Founding 's002-13-enable-all'
Check 's002-13: both sites' @($ours | ForEach-Object { Get-Homing $_ } | Select-Object -Unique) @($wasOnline)
Invoke-Founding 's002-14-move-all'
Check 's002-14: both sites' @($ours | ForEach-Object { Get-Homing $_ } | Select-Object -Unique) @($wasHere)
Check 's002-14: nobody did not move' @($script:Out).Count 0

'# a list, and a report'
Set-Content C:\temp\list.txt 'sip:user@contoso.com, sip:kenmyer@contoso.com'
$moved = @(Move-CsUser -UserList (Convert-Path C:\temp\list.txt) -Target $provider -UseOAuth -HostedMigrationOverrideUrl $service -Report C:\temp\moved.csv -PassThru -Confirm:$false)
Check 'a list: who moved' @($moved.SipAddress | Sort-Object) @('sip:kenmyer@contoso.com', 'sip:user@contoso.com')
Check 'a list: both sites' @($moved | ForEach-Object { Get-Homing $_.SipAddress } | Select-Object -Unique) @($wasOnline)
Check 'a list: its report' @(Import-Csv "$env:TIELINE_LAB/reports/moved.csv" | ForEach-Object Result) @('Moved', 'Moved')
$e = $moved | Move-CsUser -Target pool01.contoso.local -UseOAuth -HostedMigrationOverrideUrl $service -Confirm:$false 2>&1
Check 'back by pipeline: no error' @($e) @()
$tokens = & (Get-Module Tieline) { $script:HostedTokens }
$said = @($moved.SipAddress + 'nobody@contoso.com' | ForEach-Object { foreach ($each in $tokens.Values) { $each.Expires = [datetimeoffset]::UtcNow }; $_ } | Move-CsUser -Target $provider -UseOAuth -HostedMigrationOverrideUrl $service -WhatIf -Verbose -ErrorAction SilentlyContinue 4>&1)
Check 'a pipeline longer than its token signs in again' (@($said | Where-Object { "$_" -eq 'Requesting authentication token' }).Count -ge 3) $true
Check 'back by pipeline: both sites' @($moved | ForEach-Object { Get-Homing $_.SipAddress } | Select-Object -Unique) @($wasHere)
Move-CsUser nolicence@contoso.com $provider -UseOAuth -HostedMigrationOverrideUrl $service -Confirm:$false -ErrorVariable e -ErrorAction SilentlyContinue
Check 'no licence' @($e[0].FullyQualifiedErrorId, "$($e[0])") @('MoveError,Microsoft.Rtc.Management.AD.Cmdlets.MoveOcsUserCmdlet', 'HostedMigration fault: Error=(507), Description=(User must has an assigned license to use Skype for Business Online.)')

'# a session whose import left Move-CsUser out'
Get-Module tmp_* | Remove-Module
$null = Import-PSSession $pool -WarningAction SilentlyContinue
$e = Move-CsUser user@contoso.com $provider -UseOAuth -HostedMigrationOverrideUrl $service -Confirm:$false 2>&1
Check 'it is found by its session' @($e) @()
Add-Type -PassThru -TypeDefinition @'
using System.Management.Automation;
[Cmdlet("Move", "CsUser")] public class ServersOwn : PSCmdlet {
  [Parameter(Position = 0)] public string Identity { get; set; }
  [Parameter(Position = 1)] public string Target { get; set; }
  [Parameter] public SwitchParameter UseOAuth { get; set; }
  protected override void EndProcessing() { WriteObject("the server's own: " + Identity + " " + UseOAuth); }
}
'@ | ForEach-Object { Import-Module -Assembly $_.Assembly }
Check "a server's own cmdlet" (Move-CsUser user@contoso.com $provider -UseOAuth) "the server's own: user@contoso.com True"
Get-Command Move-CsUser -CommandType Cmdlet | ForEach-Object { Remove-Module $_.Module }
Get-PSSession | Remove-PSSession
try { Move-CsUser user@contoso.com $provider -UseOAuth; 'not ok no session: it went on' }
catch { Check 'no session' $_.FullyQualifiedErrorId 'PoolSessionMissing,Move-TielineUser' }
Check 'nothing is left' @(Get-PSSession).Count 0
'done'
