. $PSScriptRoot/session.ps1
# The native client off Windows calls a stopped job a failed or a stopped one, as its own race goes; the service says the same in both.
$stopped = if ($IsWindows) { 'Stopped' } else { 'Failed', 'Stopped' }
$password = ConvertTo-SecureString 'Sesame!' -AsPlainText -Force
$credential = [pscredential]::new('alice', $password)
$unchecked = [System.Management.Automation.Remoting.PSSessionOption]@{ SkipCACheck = $true; SkipCNCheck = $true }
$secure = @{ ComputerName = 'localhost'; Port = [int]$env:TIELINE_HTTPS; UseSSL = $true; Credential = $credential; SessionOption = $unchecked; ErrorAction = 'Stop' }
$plain = @{ ComputerName = 'localhost'; Port = [int]$env:TIELINE_HTTP; Credential = $credential; ErrorAction = 'Stop' }
'# Basic over https'
Test-Session (New-PSSession @secure -Authentication Basic) $stopped
'# Negotiate over https'
Test-Session (New-PSSession @secure -Authentication Negotiate) $stopped
'# Negotiate over http, sealed'
Test-Session (New-PSSession @plain -Authentication Negotiate) $stopped
'# refusals'
$other = $secure.Clone(); $other.Credential = [pscredential]::new('nobody', $password)
try { $null = New-PSSession @other -Authentication Basic; 'not ok refused: it opened' } catch { Check 'refused by the handler' ("$_" -match 'not you|may not') $true; if ("$_" -notmatch 'not you') { "# $_" } }
'done'
