# Tieline's module in a stock PowerShell, at the lab.
. $PSScriptRoot/session.ps1
$ErrorActionPreference = 'Continue'
$credential = [pscredential]::new($env:TIELINE_LAB_USER, (ConvertTo-SecureString $env:TIELINE_LAB_PASSWORD -AsPlainText -Force))

Import-Module Tieline
$module = Get-Module Tieline
Check 'manifest' "$($module.Version) $($module.PowerShellVersion) $($module.CompatiblePSEditions -join '+')" '0.1.0 5.1 Desktop+Core'
$undescribed = @($module.ExportedFunctions.Keys | Where-Object { (Get-Help "Tieline\$_").Synopsis -notmatch '\.$' })
Check 'help of each function' $undescribed @()
Check 'help about it' ((Get-Help about_Tieline) -join "`n" -match 'THE BRIDGE') $true
Check 'no other name unasked' (Get-Command Connect-MicrosoftTeams -ErrorAction Ignore) $null
$sets = (Get-Command New-CsOnlineSession).ParameterSets | Sort-Object Name | ForEach-Object { "$($_.Name)$(if ($_.IsDefault) { '*' })" }
Check 'New-CsOnlineSession: sets' $sets @('Credential', 'OAuthAccessToken', 'UserName*')
$places = (Get-Command New-CsOnlineSession).ParameterSets.Where({ $_.Name -eq 'Credential' }).Parameters | Where-Object { $_.Position -ge 0 } | Sort-Object Position | ForEach-Object Name
Check 'New-CsOnlineSession: places' $places @('Credential', 'OverrideAdminDomain', 'OverrideDiscoveryUri', 'OverridePowerShellUri', 'SessionOption')

'# a session'
$said = New-CsOnlineSession -Credential $credential -Verbose 4>&1
$s = $said | Where-Object { $_ -isnot [System.Management.Automation.VerboseRecord] }
$words = @($said | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object { "$_" })
Check 'the stages in their own words' $words @('Determining domain to admin', "AdminDomain = 'contoso.com'", 'Discovering PowerShell endpoint URI', "TargetUri = 'https://admin0a.online.lync.com/OcsPowershellLiveId'", 'Requesting authentication token', 'Success', 'Initializing remote session', 'Success')
Check 'a PSSession' @($s.GetType().FullName, "$($s.State)", "$($s.Availability)") @('System.Management.Automation.Runspaces.PSSession', 'Opened', 'Available')
Check 'its name' ($s.Name -match '^SfBPowerShellSession_\d+$') $true
Check 'its computer' $s.ComputerName 'admin0a.online.lync.com'
Check 'its computer, found again' (Get-PSSession -Id $s.Id).ComputerName 'admin0a.online.lync.com'
Check 'listed' @(Get-TielineSession).Count 1

'# import'
$imported = Import-PSSession $s -AllowClobber
Check 'imported' ($imported.ExportedFunctions.Count -gt 10) $true
Check 'a cmdlet' (Get-CsTenant).DisplayName 'Contoso.com'
Check 'type' (Get-CsOnlineUser -Identity alice).PSObject.TypeNames[0] 'Deserialized.Microsoft.Rtc.Management.ADConnect.Schema.ADOCOnlineUser'
Check 'help through the session' ((Get-Command Get-CsOnlineUser).Parameters.ContainsKey('Identity')) $true
$e = $null
$null = Get-CsOnlineUser -Identity nobody -ErrorVariable e -ErrorAction SilentlyContinue
Check 'an error' @($e[0].FullyQualifiedErrorId, $e[0].CategoryInfo.Category, "$($e[0])") @('UserNotFound,Get-CsOnlineUser', 'ObjectNotFound', 'Management object not found for identity "nobody".')
try { $null = Get-CsOnlineUser -Identity nobody -ErrorAction Stop; 'not ok stop: it went on' } catch { Check 'stop' $_.FullyQualifiedErrorId 'UserNotFound,Get-CsOnlineUser' }
$before = (Get-CsOnlineUser -Identity alice).AudioVideoDisabled
Set-CsUser -Identity alice -AudioVideoDisabled (-not $before) -WhatIf *>$null
Check 'WhatIf changes nothing' (Get-CsOnlineUser -Identity alice).AudioVideoDisabled $before
Get-CsOnlineUser -Identity alice | Set-CsUser -AudioVideoDisabled (-not $before) -Confirm:$false
Check 'and without it, by pipeline' (Get-CsOnlineUser -Identity alice).AudioVideoDisabled (-not $before)
Set-CsUser -Identity alice -AudioVideoDisabled $before
Remove-Module $imported

'# other ways to use it'
Check 'Invoke-Command' (Invoke-Command -Session $s { Get-CsTenant }).DisplayName 'Contoso.com'
$name = 'alice'
Check 'with $using' (Invoke-Command -Session $s { Get-CsOnlineUser -Identity $using:name }).DisplayName 'Alice Jones'
$job = Invoke-Command -Session $s { Get-CsTenant } -AsJob
Check 'AsJob' (Receive-Job (Wait-Job $job -Timeout 60)).DisplayName 'Contoso.com'
Remove-Job $job
Invoke-Command -Session $s { $x = 1; $x } -ErrorAction SilentlyContinue -ErrorVariable e
Check 'no script' ("$($e[0])" -match 'no-language mode') $true

'# several at once'
$two = Connect-Tieline $env:TIELINE_LAB_USER -Name second
Check 'its own name' $two.Name 'second'
$both = @(Invoke-Command -Session $s, $two { Get-CsTenant })
Check 'both answer' @($both.DisplayName) @('Contoso.com', 'Contoso.com')
Remove-PSSession $s
Check 'closed' "$($s.State)" 'Closed'
Check 'the other goes on' (Invoke-Command -Session $two { Get-CsTenant }).DisplayName 'Contoso.com'
Disconnect-Tieline
Check 'all closed' @(Get-PSSession).Count 0

'# ways to sign in'
$token = Get-CsOnlinePowerShellAccessToken $env:TIELINE_LAB_USER
Check 'a token is a secret' $token.GetType().Name 'SecureString'
$s = New-CsOnlineSession -OAuthAccessToken $token -OverrideAdminDomain contoso.com
Check 'by token' (Invoke-Command -Session $s { Get-CsTenant }).DisplayName 'Contoso.com'
Remove-PSSession $s
Check 'a web ticket is a secret' (Get-CsWebTicket -Credential $credential).GetType().Name 'SecureString'
$option = New-PSSessionOption -ProxyAccessType NoProxyServer -ApplicationArguments @{ Purpose = 'test' } -OperationTimeout 60000
Check 'session option' @($option.ProxyAccessType, $option.OperationTimeout.TotalSeconds) @('NoProxyServer', 60)
$s = Connect-Tieline -Credential $credential -OverrideAdminDomain contoso.onmicrosoft.com -SessionOption $option
Check 'with a session option' (Invoke-Command -Session $s { Get-CsTenant }).DisplayName 'Contoso.com'
Remove-PSSession $s
Check 'endpoint' (Get-CsOnlinePowerShellEndpoint -TargetDomain contoso.onmicrosoft.com).Host 'admin0a.online.lync.com'

'# refusals'
function Refusal([scriptblock]$Action) { try { $null = & $Action; 'nothing was refused' } catch { "$($_.FullyQualifiedErrorId)|$($_.CategoryInfo.Category)|$($_.InvocationInfo.MyCommand.Name)" } }
$wrong = [pscredential]::new($env:TIELINE_LAB_USER, (ConvertTo-SecureString 'wrong' -AsPlainText -Force))
Check 'a wrong password' (Refusal { New-CsOnlineSession -Credential $wrong }) 'aadsts-50126,New-CsOnlineSession|AuthenticationError|New-CsOnlineSession'
Check 'a wrong password for a ticket' (Refusal { Get-CsWebTicket -Credential $wrong }) 'logon-failed,Get-CsWebTicket|AuthenticationError|Get-CsWebTicket'
Check 'no domain' (Refusal { Connect-Tieline nobody }) 'domain-unknown,Connect-Tieline|InvalidArgument|Connect-Tieline'
Check 'no endpoint' ((Refusal { Connect-Tieline x@nowhere.invalid }) -match 'Connect-Tieline\|Connect-Tieline$|Connect-Tieline\|') $true
Check 'a bad session option' ((Refusal { Connect-Tieline -Credential $credential -SessionOption (New-PSSessionOption -UseUTF16) }) -split ',')[0] 'session-option-refused'
Check 'an unknown parameter set' ((Refusal { New-CsOnlineSession -UserName x -Credential $wrong }) -split ',')[0] 'AmbiguousParameterSet'
try { Connect-Tieline nobody } catch { Check 'the stage and the cure' ($_.ErrorDetails.RecommendedAction -match "Determining domain to admin.*OverrideAdminDomain|Determining domain to admin") $true }
$env:TIELINE_COMMAND = '/nonexistent/tieline'
Check 'no command' ((Refusal { Connect-Tieline x@y.example }) -split ',')[0] 'TielineCommandMissing'
$env:TIELINE_COMMAND = ''
Check 'nothing is left' @(Get-PSSession).Count 0

'# small things'
$w = @()
Set-WinRMNetworkDelayMS 7000 -WarningVariable w -WarningAction SilentlyContinue
Check 'network delay' "$($w[0])" 'WSMan NetworkDelayms has been set to 7000 milliseconds. The previous value was 5000 milliseconds.'
Check 'reconnection is on' ((Enable-CsOnlineSessionForReconnection 6>&1) -match 'is on') $true
Import-Module Tieline -Force -ArgumentList IncludeTeamsAlias
Check 'another name where it is asked for' (Get-Command Connect-MicrosoftTeams).Definition 'Connect-Tieline'
'done'
