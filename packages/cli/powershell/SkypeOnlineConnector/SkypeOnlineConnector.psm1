# The module Tieline under another name: what scripts of that time call, and what they were told at the first import.
$module = Import-Module (Join-Path (Split-Path $PSScriptRoot) 'Tieline') -PassThru -DisableNameChecking
& $module { Show-TielineFirstImport }
$functions = @($module.ExportedFunctions.Keys | Where-Object { $_ -notlike '*-Tieline*' })
Export-ModuleMember -Alias 'Get-CsPowerShellEndpoint', 'Move-CsUser' -Function $functions
