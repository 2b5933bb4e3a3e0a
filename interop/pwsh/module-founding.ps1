# The founding documents' scripts as they stand, in a stock PowerShell with the module under the names that they import.
. $PSScriptRoot/session.ps1
function Get-Credential { [pscredential]::new($env:TIELINE_LAB_USER, (ConvertTo-SecureString $env:TIELINE_LAB_PASSWORD -AsPlainText -Force)) }

function Invoke-Founding([string]$Name) {
  # Everything that it says, by stream.
  $script:Out = @(. "$PSScriptRoot/founding/$Name.ps1" *>&1)
  $script:Verbose = @($script:Out | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object { "$_" })
  $script:Warnings = @($script:Out | Where-Object { $_ -is [System.Management.Automation.WarningRecord] } | ForEach-Object { "$_" })
  $script:Errors = @($script:Out | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | ForEach-Object { "$_" })
  $script:Module = $script:Out | Where-Object { $_ -is [psmoduleinfo] } | Select-Object -First 1
}

function Test-Connection([string]$Name, [string]$AdminDomain, [bool]$Verbosely = $true) {
  Invoke-Founding $Name
  Check "${Name}: no error" $script:Errors @()
  Check "${Name}: imported" ($script:Module.ExportedFunctions.ContainsKey('Get-CsTenant')) $true
  $expected = if ($Verbosely) { @('Determining domain to admin', "AdminDomain = '$AdminDomain'") } else { @() }
  Check "${Name}: verbose" @($script:Verbose | Select-Object -First 2) $expected
}

Test-Connection 's000-01-connect-legacy' 'contoso.com'
Check 'first import: warnings' $script:Warnings @(
  'WSMan NetworkDelayms has been set to 30000 milliseconds. The previous value was 5000 milliseconds.'
  'To improve the performance of the Lync Online Connector, it is recommended that the network delay be set to 30000 milliseconds (30 seconds). However, you can use Set-WinRMNetworkDelayMS to change the network delay to any integer value.'
)
Import-Module $script:Module -Global
Invoke-Founding 's000-06-tenant-identity'
Check 's000-06: a table of one column' @(($script:Out | Out-String -Stream | Where-Object { $_ })[0].Trim()) @('Identity')
Check 's000-06: the tenant' ($script:Out | Out-String -Stream | Where-Object { $_ })[2].Trim() (Get-CsTenant).Identity
Invoke-Founding 's003-03-remove-session'
Check 's003-03: no session is left' @(Get-PSSession).Count 0

Test-Connection 's000-02-connect-legacy-override' 'contoso.onmicrosoft.com'
Check 'second import: no warnings' $script:Warnings @()
Get-PSSession | Remove-PSSession
Test-Connection 's000-03-connect-modern' 'contoso.onmicrosoft.com'
Get-PSSession | Remove-PSSession
Test-Connection 's000-04-connect-proxy' 'contoso.onmicrosoft.com'
Invoke-Founding 's000-05-endpoint-host'
Check 's000-05: the host' @($script:Out)[0].Host 'admin0a.online.lync.com'
# What an administrator on premises has in his shell.
Get-Module tmp_* | Remove-Module
Import-Module (Import-PSSession (Get-PSSession) -CommandName Set-CsOAuthConfiguration, Get-CsOAuthConfiguration -AllowClobber) -Global
Invoke-Founding 's001-01-derived-enable-adal'
Check 's001-01: no error' $script:Errors @()
Check 's001-01: what is set' @($script:Out | Where-Object { $_.PSObject.Properties['ClientAdalAuthOverride'] })[0].ClientAdalAuthOverride 'Allowed'
Get-PSSession | Remove-PSSession
Test-Connection 's002-10-lync-connector' 'contoso.com' $false
Get-PSSession | Remove-PSSession
Check 'nothing is left' @(Get-PSSession).Count 0
'done'
