function Get-CsOnlinePowerShellAccessToken {}
