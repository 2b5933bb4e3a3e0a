@{
  RootModule           = 'LyncOnlineConnector.psm1'
  ModuleVersion        = '7.0.2374.2'
  GUID                 = 'b1f1f6a0-6f53-4d0e-8f61-0a1f3f8f5a12'
  Author               = 'The authors of Tieline'
  Copyright            = 'The authors of Tieline. MIT licence.'
  Description          = 'Tieline under the name of the retired Lync Online Connector, for scripts that import it. Needs the module Tieline beside it.'
  PowerShellVersion    = '5.1'
  CompatiblePSEditions = @('Desktop', 'Core')
  FunctionsToExport    = @(
    'New-CsOnlineSession'
    'Get-CsOnlinePowerShellEndpoint'
    'Get-CsOnlinePowerShellAccessToken'
    'Get-CsWebTicket'
    'Enable-CsOnlineSessionForReconnection'
    'Set-WinRMNetworkDelayMS'
    'New-PSSessionOption'
  )
  CmdletsToExport      = @()
  VariablesToExport    = @()
  AliasesToExport      = @('Get-CsPowerShellEndpoint', 'Move-CsUser')
}
