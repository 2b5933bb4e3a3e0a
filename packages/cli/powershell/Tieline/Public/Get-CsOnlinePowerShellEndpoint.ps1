function Get-CsOnlinePowerShellEndpoint {}
