@{
  RootModule           = 'Tieline.psm1'
  ModuleVersion        = '0.1.0'
  GUID                 = '5d7a6f3e-3c0b-4c5e-9a5e-7d0f2b8f4c11'
  Author               = 'The authors of Tieline'
  Copyright            = 'The authors of Tieline. MIT licence.'
  Description          = 'Remote PowerShell for Skype for Business estates, from Windows, macOS and Linux: sign-in, proxies and reconnection by Tieline, and a PSSession that is PowerShell''s own.'
  PowerShellVersion    = '5.1'
  CompatiblePSEditions = @('Desktop', 'Core')
  FunctionsToExport    = @(
    'Connect-Tieline'
    'Disconnect-Tieline'
    'Get-TielineSession'
    'New-CsOnlineSession'
    'Get-CsOnlinePowerShellEndpoint'
    'Get-CsOnlinePowerShellAccessToken'
    'Get-CsWebTicket'
    'Enable-CsOnlineSessionForReconnection'
    'Set-WinRMNetworkDelayMS'
    'Move-TielineUser'
    'New-PSSessionOption'
  )
  CmdletsToExport      = @()
  VariablesToExport    = @()
  AliasesToExport      = @('Get-CsPowerShellEndpoint', 'Move-CsUser', 'Connect-MicrosoftTeams', 'Disconnect-MicrosoftTeams')
  FileList             = @()
  PrivateData          = @{
    PSData = @{
      Tags       = @('SkypeForBusiness', 'Remoting', 'PSSession', 'PSEdition_Core', 'PSEdition_Desktop', 'Windows', 'Linux', 'MacOS')
      LicenseUri = 'https://spdx.org/licenses/MIT.html'
    }
  }
}
