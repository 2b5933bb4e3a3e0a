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
    $category = switch ($Fault.layer) {
      { $_ -in 'name', 'network', 'proxy', 'tls' } { 'ConnectionError' }
      'authentication' { 'AuthenticationError' }
      'permission' { 'PermissionDenied' }
      'limit' { 'LimitsExceeded' }
      { $_ -in 'usage', 'input', 'command' } { 'InvalidArgument' }
      { $_ -in 'wsman', 'psrp', 'clixml', 'http' } { 'ProtocolError' }
      { $_ -in 'discovery', 'session', 'process' } { 'ResourceUnavailable' }
      default { 'NotSpecified' }
    }
    if ($Fault.code -in 'interrupted', 'pipeline-stopped') { $category = 'OperationStopped' }
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
