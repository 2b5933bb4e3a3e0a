# A service of somebody else's, by PowerShell's own WS-Management client and through Tieline: what comes back is the same.
. $PSScriptRoot/session.ps1
Import-Module Tieline
$credential = [pscredential]::new($env:TIELINE_OTHER_USER, (ConvertTo-SecureString $env:TIELINE_OTHER_PASSWORD -AsPlainText -Force))
$uri = "https://localhost:$env:TIELINE_OTHER_PORT/wsman"
$unchecked = [System.Management.Automation.Remoting.PSSessionOption]@{ SkipCACheck = $true; SkipCNCheck = $true }
$direct = New-PSSession -ComputerName localhost -Port $env:TIELINE_OTHER_PORT -UseSSL -Authentication Basic -Credential $credential -SessionOption $unchecked -ErrorAction Stop
$through = Connect-Tieline -OverridePowerShellUri $uri -Credential $credential -Authentication Basic -CAFile $env:TIELINE_OTHER_CA -ErrorAction Stop

# As CLIXML, without what PowerShell adds at this end.
function Written($Value) {
  $own = 'PSComputerName', 'RunspaceId', 'PSShowComputerName'
  $Value | ForEach-Object {
    if ($_ -is [psobject] -and $_.PSObject) { foreach ($name in $own) { if ($_.PSObject.Properties[$name]) { $_.PSObject.Properties.Remove($name) } } }
    [System.Management.Automation.PSSerializer]::Serialize($_, 12)
  }
}

function Streams($Session, [scriptblock]$Block, [object[]]$ArgumentList, $In) {
  $how = @{ Session = $Session; ScriptBlock = $Block; ErrorVariable = 'e'; WarningVariable = 'w'; InformationVariable = 'i'; ErrorAction = 'SilentlyContinue'; WarningAction = 'SilentlyContinue' }
  if ($ArgumentList) { $how.ArgumentList = $ArgumentList }
  $out = $null
  try { $out = if ($null -ne $In) { $In | Invoke-Command @how } else { Invoke-Command @how } } catch { $thrown = $_ }
  $said = @(Written $out)
  foreach ($each in @($e) + @($thrown) | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }) {
    $said += "error $($each.FullyQualifiedErrorId)|$($each.CategoryInfo.Category)|$($each.CategoryInfo.Activity)|$each|$($each.Exception.GetType().FullName)|$($each.TargetObject)|$($each.InvocationInfo.Line)|$($each.ScriptStackTrace)"
    $said += Written $each.Exception.SerializedRemoteException
  }
  $said += @($w | ForEach-Object { "warning $_" }) + @($i | ForEach-Object { "information $($_.MessageData)|$($_.Tags -join '+')|$($_.Source)" })
  $said
}

$cases = [ordered]@{
  'numbers'            = { 1, 1.5, [decimal]1.50, [long]1, [byte]1, [uint64]::MaxValue, [single]1.1, [double]::NaN, [bigint]::Pow(2, 80) }
  'texts'              = { 'a', '', "line`nline", [char]'x', '_x000A_' }
  'times'              = { [datetime]'2020-02-03T04:05:06.1234567Z', [datetime]::new(2020, 2, 3), [timespan]'1.02:03:04.5', [datetimeoffset]'2020-02-03T04:05:06+02:00' }
  'simple types'       = { [guid]'6f1f9a34-0c0c-4f0e-9d5f-1f2f3a4b5c6d', [version]'1.2.3.4', [uri]'https://a.example/x', [ipaddress]'10.0.0.1', [dayofweek]::Friday, $true, $null, [byte[]](1, 2, 255), [xml]'<a b="c"/>', { 1 + 1 } }
  'collections'        = { , @(1, @(2, @(3))); , [System.Collections.Generic.List[int]](1, 2); @{ b = 1; a = @{ c = 2 } }; [ordered]@{ z = 1; a = 2 }; , [System.Collections.Queue]::new(@(1, 2)); [System.Collections.Generic.Dictionary[string, int]]@{ } }
  'deep objects'       = { $o = [pscustomobject]@{ Leaf = 1 }; foreach ($n in 1..12) { $o = [pscustomobject]@{ Level = $n; Inner = $o } }; $o }
  'shared references'  = { $a = [pscustomobject]@{ X = 1 }; [pscustomobject]@{ One = $a; Two = $a; Both = @($a, $a) } }
  'rich objects'       = { [System.IO.FileInfo]::new('/no/such'); [System.Net.Mail.MailAddress]::new('a@b.example', 'A'); Get-Command Get-Item | Select-Object Name, CommandType, Version; [System.Net.IPEndPoint]::new(1, 2); Get-Date -Date '2020-01-01' }
  'notes on values'    = { 5 | Add-Member -NotePropertyName Note -NotePropertyValue here -PassThru; 'text' | Add-Member -NotePropertyName Note -NotePropertyValue here -PassThru }
  'streams'            = { Write-Output 1; Write-Warning careful; Write-Information news -Tags a, b -InformationAction Continue; Write-Host hello; Write-Error soft -ErrorId Soft -Category InvalidData -TargetObject it; 2 }
  'a throw'            = { 1; throw 'enough'; 2 }
  'a throw of a type'  = { throw [System.InvalidOperationException]::new('not now', [System.ArgumentException]::new('inner')) }
  'a missing file'     = { Get-Item /no/such/file }
  'a missing command'  = { No-Such }
  'a stop'             = { $ErrorActionPreference = 'Stop'; Get-Item /no/such/file; 'not reached' }
  'merged errors'      = { Get-Item /no/such/file 2>&1 }
  'application args'   = { $PSSenderInfo.ApplicationArguments.Keys | Where-Object { $_ -ne 'X-MS-Client-Version' } | Sort-Object }
  'the host'           = { $Host.Name; $Host.UI.RawUI.WindowTitle.GetType().Name }
  'state stays'        = { $global:counter += 1; $global:counter }
  'state stays, again' = { $global:counter += 1; $global:counter }
  'much'               = { 1..3000 }
  'big'                = { 'x' * 500000 }
}
foreach ($case in $cases.GetEnumerator()) {
  $expected = @(Streams $direct $case.Value)
  $actual = @(Streams $through $case.Value)
  Check $case.Key ($actual -join "`n") ($expected -join "`n")
}

# The native client off Windows falls over these.
Check 'other letters' @(Invoke-Command -Session $through { 'Zoë', '😀', "a`0b" }) @('Zoë', '😀', "a`0b")
'# arguments and input'
$values = @(1, 'Zoe', [pscustomobject]@{ A = @(1, 2); B = @{ c = 'd' } }, (Get-Date '2020-01-01'), [version]'1.2', $null)
Check 'arguments' ((Streams $through { $args | ForEach-Object { "$_ $($_.PSObject.TypeNames[0])" } } $values) -join "`n") ((Streams $direct { $args | ForEach-Object { "$_ $($_.PSObject.TypeNames[0])" } } $values) -join "`n")
Check 'input' ((Streams $through { $input | ForEach-Object { $_; $_.PSObject.TypeNames[0] } } -In $values) -join "`n") ((Streams $direct { $input | ForEach-Object { $_; $_.PSObject.TypeNames[0] } } -In $values) -join "`n")
$secret = ConvertTo-SecureString 'hush' -AsPlainText -Force
$reveal = { param($s, $c) [pscredential]::new('x', $s).GetNetworkCredential().Password; $c.UserName; $c.GetNetworkCredential().Password; ConvertTo-SecureString 'back' -AsPlainText -Force }
$back = @(Invoke-Command -Session $through $reveal -ArgumentList $secret, $credential)
Check 'secrets there' $back[0..2] @('hush', $env:TIELINE_OTHER_USER, $env:TIELINE_OTHER_PASSWORD)
Check 'secrets back' ([pscredential]::new('x', $back[3]).GetNetworkCredential().Password) 'back'

'# jobs and stops'
$job = Invoke-Command -Session $through { 1; Start-Sleep 120; 2 } -AsJob
for ($i = 0; $i -lt 100 -and $job.ChildJobs[0].Output.Count -eq 0; $i++) { Start-Sleep -Milliseconds 100 }
Stop-Job $job
Check 'a stopped job' @($job.State, (Receive-Job $job)) @('Stopped', 1)
Check 'the session goes on' (Invoke-Command -Session $through { 'here' }) 'here'
Check 'the first of many' @(Invoke-Command -Session $through { 1..2000 } | Select-Object -First 2) @(1, 2)
$progress = [powershell]::Create()
$progress.Runspace = $through.Runspace
$null = $progress.AddScript({ Write-Progress -Activity work -Status half -PercentComplete 50; Write-Verbose talk -Verbose; Write-Debug detail -Debug; 1 }).Invoke()
Check 'progress' "$($progress.Streams.Progress[0].Activity) $($progress.Streams.Progress[0].PercentComplete)" 'work 50'
Check 'verbose and debug' @($progress.Streams.Verbose[0].Message, $progress.Streams.Debug[0].Message) @('talk', 'detail')

'# import'
$names = 'Get-Random', 'Get-Item', 'ConvertTo-Json'
$of = { param($s, $prefix) $m = Import-PSSession $s -CommandName $names -Prefix $prefix -AllowClobber -DisableNameChecking; $m.ExportedFunctions.Values | Sort-Object Name | ForEach-Object { "$($_.Name -replace $prefix): $(($_.Parameters.Values | Sort-Object Name | ForEach-Object { "$($_.Name) $($_.ParameterType.Name) $($_.Aliases -join '+')" }) -join ', ')" } }
Check 'proxies with their parameters' @(& $of $through Our) @(& $of $direct Their)
Check 'a proxy' (Get-OurRandom -InputObject 7) 7
Check 'a proxy with input' ((1, 2 | ConvertTo-OurJson -Compress)) '[1,2]'
$all = Import-PSSession $through -Prefix Every -AllowClobber -DisableNameChecking -WarningAction SilentlyContinue -ErrorAction SilentlyContinue
Check 'all commands' ($all.ExportedFunctions.Count -gt 150) $true
Remove-PSSession $through, $direct
Check 'closed' "$($through.State)" 'Closed'

'# who is refused, and a service that dies'
$wrong = [pscredential]::new($env:TIELINE_OTHER_USER, (ConvertTo-SecureString 'wrong' -AsPlainText -Force))
try { $null = Connect-Tieline -OverridePowerShellUri $uri -Credential $wrong -Authentication Basic -CAFile $env:TIELINE_OTHER_CA; 'not ok refused: it opened' } catch { Check 'refused' $_.CategoryInfo.Category 'AuthenticationError'; "# $($_.FullyQualifiedErrorId)" }
try { $null = Connect-Tieline -OverridePowerShellUri $uri -Credential $credential -Authentication Basic; 'not ok untrusted: it opened' } catch { Check 'an unknown authority' ($_.FullyQualifiedErrorId -match 'tls|certificate|authority') $true; "# $($_.FullyQualifiedErrorId)" }
'done'
