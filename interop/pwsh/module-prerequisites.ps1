# What founding document 003 says of the client's own machine, met by the module's own checks.
. $PSScriptRoot/session.ps1
$ErrorActionPreference = 'Stop'

function Get-Refusal([scriptblock]$Body) {
  try { & $Body; 'no error' } catch { $_ }
}

Import-Module Tieline
$module = Get-Module Tieline
# As an older PowerShell would find itself: what is asked for is what this one has not.
$old = Get-Refusal { & $module { $before = $script:PipesSince; $script:PipesSince = [version]'99.0'; try { Connect-Tieline -UserName a@b.test } finally { $script:PipesSince = $before } } }
Check 'a PowerShell that is too old: id' ($old.FullyQualifiedErrorId -replace ',.*$', '') 'PowerShellTooOld'
Check 'a PowerShell that is too old: text' ($old.Exception.Message -match "^This is PowerShell $([regex]::Escape("$($PSVersionTable.PSVersion)")); Tieline's sessions need PowerShell 7\.3 or later, or Windows PowerShell 5\.1\.") $true
Check 'a PowerShell that is too old: cure' $old.ErrorDetails.RecommendedAction 'Install the current PowerShell 7 and run it as pwsh.'

# A locked-down PowerShell, in a process of its own: its mode does not come back.
$locked = '$ExecutionContext.SessionState.LanguageMode = "ConstrainedLanguage"; try { Import-Module Tieline -ErrorAction Stop } catch { $_.Exception.Message }'
$said = (& ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $locked 2>&1 | Out-String) -replace '\s+', ' '
Check 'a locked-down PowerShell says so' ($said -match 'runs in ConstrainedLanguage mode, in which a module may not open sessions.*tieline connect') $true
'done'
