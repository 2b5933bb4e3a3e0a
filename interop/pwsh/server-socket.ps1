. $PSScriptRoot/session.ps1
Import-Module $PSScriptRoot/pipe-session.psm1
Test-Session (New-SocketSession -Path $env:TIELINE_SOCKET)
try { $null = New-SocketSession -Path $env:TIELINE_REFUSING; 'not ok refused: it opened' }
catch { Check 'refused' ("$_" -match 'not you') $true }
'done'
