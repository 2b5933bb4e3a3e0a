. $PSScriptRoot/session.ps1
$options = @{ StrictHostKeyChecking = 'yes'; UserKnownHostsFile = $env:TIELINE_KNOWN_HOSTS }
$to = @{ HostName = '127.0.0.1'; Port = [int]$env:TIELINE_PORT; UserName = 'alice'; KeyFilePath = $env:TIELINE_KEY; Options = $options }
Test-Session (New-PSSession @to -Subsystem powershell -ErrorAction Stop)
$bad = New-PSSession @to -Subsystem sftp -ErrorAction SilentlyContinue
Check 'another subsystem' ($null -eq $bad) $true
'done'
