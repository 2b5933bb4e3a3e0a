# Faults of Tieline as PowerShell's error records: the text as it is known, the code as the error's id, the cure as its
# recommended action. The whole fault, with its stage, is in the exception's Data under TielineFault.

function New-TielineError {
  param([string]$Message, [string]$Id, [string]$Cure, $Fault)
  $category = [System.Management.Automation.ErrorCategory]::NotSpecified
  if ($Fault) {
    $Message = $Fault.message
    $Id = $Fault.code
    $Cure = @($Fault.why, $Fault.cure | Where-Object { $_ }) -join ' '
    if ($Fault.stage) { $Cure = "It was refused at the stage '$($Fault.stage)'. $Cure" }
    switch -Regex ($Fault.code) {
      '^(interrupted|pipeline-stopped)$' { $category = 'OperationStopped'; break }
      '^(usage|domain-unknown)$|-malformed$|-missing$' { $category = 'InvalidArgument'; break }
      'password|token|aadsts|sign-in|credential|authentication' { $category = 'AuthenticationError'; break }
      'refused|permission|denied' { $category = 'PermissionDenied'; break }
      'quota|limit|throttl' { $category = 'LimitsExceeded'; break }
      'name-|connect|network|tls|proxy|unreachable|time' { $category = 'ConnectionError'; break }
    }
  }
  # Windows PowerShell does not show what is recommended.
  if ($Cure -and $PSVersionTable.PSEdition -ne 'Core') { $Message = "$Message $Cure" }
  $exception = [System.Management.Automation.RuntimeException]::new($Message)
  if ($Fault) { $exception.Data['TielineFault'] = $Fault }
  $record = [System.Management.Automation.ErrorRecord]::new($exception, $Id, $category, $null)
  if ($Cure) {
    $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($Message)
    $record.ErrorDetails.RecommendedAction = $Cure
  }
  $record
}

function Copy-TielineError {
  # Without the place in the module where it came up: it is the caller's line that is shown.
  param([Parameter(Mandatory)][System.Management.Automation.ErrorRecord]$Record)
  $copy = [System.Management.Automation.ErrorRecord]::new($Record.Exception, ($Record.FullyQualifiedErrorId -replace ',.*$', ''), $Record.CategoryInfo.Category, $Record.TargetObject)
  $copy.ErrorDetails = $Record.ErrorDetails
  $copy
}
