# A session of the module at a service that ends its shells after twenty seconds, and goes away.
. $PSScriptRoot/session.ps1
Import-Module Tieline
$s = Connect-Tieline $env:TIELINE_USER
$null = Import-PSSession $s -CommandName Get-CsTenant, Get-CsOnlineUser -AllowClobber
$began = [datetime]::UtcNow
$answers = 0
$errors = @()
while (([datetime]::UtcNow - $began).TotalSeconds -lt 50) {
  if ((Get-CsTenant -ErrorAction SilentlyContinue -ErrorVariable +errors).DisplayName -eq 'Contoso.com') { $answers++ }
  Start-Sleep -Milliseconds 400
}
Check 'no error in more than two lives of a shell' $errors @()
Check 'every question was answered' ($answers -gt 40) $true
Check 'by the same session' @("$($s.State)", @(Get-PSSession).Count) @('Opened', 1)
Remove-PSSession $s

$s = Connect-Tieline $env:TIELINE_USER -NoReconnection
Check 'without reconnection it opens' "$($s.State)" 'Opened'
for ($i = 0; $i -lt 60 -and "$($s.State)" -eq 'Opened'; $i++) { Start-Sleep -Seconds 1 }
Check 'and ends with its shell' "$($s.State)" 'Broken'
try { Invoke-Command -Session $s { Get-CsTenant } -ErrorAction Stop; 'not ok broken: it ran' } catch { Check 'broken' ($_.FullyQualifiedErrorId -split ',')[0] 'InvokeCommandCommandInvalidSessionState' }
Remove-PSSession $s
'done'
