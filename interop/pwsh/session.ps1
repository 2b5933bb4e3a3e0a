# What a stock PowerShell does with a session of ours, however it was opened. Dot-sourced with $s set.
function Check([string]$Name, $Actual, $Expected) {
  # As texts: what came from a session carries note properties with its computer's name.
  $a = @($Actual | ForEach-Object { "$_" }) -join ', '
  $e = @($Expected | ForEach-Object { "$_" }) -join ', '
  if ($a -eq $e) { "ok $Name" } else { "not ok ${Name}: $a, not $e" }
}

function Test-Session($s, $AfterStop = 'Stopped') {
  Check 'state' "$($s.State)" 'Opened'
  Check 'outputs' @(Invoke-Command -Session $s { Get-Number -Count 3 }) @(1, 2, 3)
  Check 'many outputs' @(Invoke-Command -Session $s { Get-Number -Count 20000 }).Count 20000
  $thing = Invoke-Command -Session $s { Get-Thing -Name 'Zoë' -Size 100000 }
  Check 'object' @($thing.Name, $thing.Text.Length, $thing.PSObject.TypeNames[0]) @('Zoë', 100000, 'Deserialized.System.Management.Automation.PSCustomObject')
  Check 'input' @(1..500 | Invoke-Command -Session $s { Double })[-1] 1000
  $errors = @()
  $out = Invoke-Command -Session $s { Write-All } -WarningVariable w -InformationVariable i -ErrorVariable errors -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
  Check 'streams: output' @($out) @('out')
  Check 'streams: error' @($errors | ForEach-Object { "$($_.FullyQualifiedErrorId)|$_" }) @('Soft|soft')
  Check 'streams: warning' @($w | ForEach-Object { "$_" }) @('careful')
  Invoke-Command -Session $s { Fail } -ErrorVariable e -ErrorAction SilentlyContinue
  Check 'terminating error' "$($e[0].FullyQualifiedErrorId)|$($e[0])|$($e[0].CategoryInfo.Category)" 'Hard|hard|InvalidOperation'
  Invoke-Command -Session $s { No-Such } -ErrorVariable e -ErrorAction SilentlyContinue
  Check 'unknown command' $e[0].FullyQualifiedErrorId 'CommandNotFoundException'
  $job = Invoke-Command -Session $s { Wait } -AsJob
  $null = Wait-Job $job -Timeout 1
  Stop-Job $job
  Check 'stop' ("$($job.State)" -in $AfterStop) $true
  Remove-Job $job -Force
  Check 'first of many' @(Invoke-Command -Session $s { Get-Number -Count 5000 } | Select-Object -First 2) @(1, 2)
  $secret = ConvertTo-SecureString 'hush' -AsPlainText -Force
  $module = Import-PSSession $s -CommandName Get-Number, Get-Secret, Get-Thing -Prefix Our -AllowClobber
  Check 'imported' @($module.ExportedFunctions.Keys | Sort-Object) @('Get-OurNumber', 'Get-OurSecret', 'Get-OurThing')
  Check 'proxy' @(Get-OurNumber -Count 2) @(1, 2)
  $answer = @(Get-OurSecret -Secret $secret)
  Check 'secret there' $answer[0] '4 characters'
  Check 'secret back' ([pscredential]::new('x', $answer[1]).GetNetworkCredential().Password) 'of the server'
  Remove-Module $module
  $second = 1..3 | ForEach-Object { (Invoke-Command -Session $s { Get-Number -Count 1 }) }
  Check 'again and again' @($second) @(1, 1, 1)
  Remove-PSSession $s
  Check 'closed' "$($s.State)" 'Closed'
}
