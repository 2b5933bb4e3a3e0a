# What must be there before anything is tried, each with what to do where it is not.

# Named pipes as a way to a session, made by a script alone, came with PowerShell 7.3.
$script:PipesSince = [version]'7.3'

function Test-TielinePipe {
  $PSVersionTable.PSEdition -eq 'Core' -and [version]("$($PSVersionTable.PSVersion.Major).$($PSVersionTable.PSVersion.Minor)") -ge $script:PipesSince
}

function Assert-TielinePrerequisite {
  if ($PSVersionTable.PSEdition -eq 'Core' -and -not (Test-TielinePipe)) {
    throw (New-TielineError -Message "This is PowerShell $($PSVersionTable.PSVersion); Tieline's sessions need PowerShell 7.3 or later, or Windows PowerShell 5.1." -Id 'PowerShellTooOld' -Cure 'Install the current PowerShell 7 and run it as pwsh.')
  }
  if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    throw (New-TielineError -Message "This PowerShell runs in $($ExecutionContext.SessionState.LanguageMode) mode, in which a module may not open sessions." -Id 'LanguageModeRestricted' -Cure 'Ask the administrator of this machine to sign or allow the module, or use the command: tieline connect.')
  }
}
