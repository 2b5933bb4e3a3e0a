function New-PSSessionOption {
  <#
    .SYNOPSIS
    Makes a PSSessionOption with all of its settings, where PowerShell's own cmdlet has two.
    .DESCRIPTION
    Off Windows, PowerShell's New-PSSessionOption has SkipCACheck and SkipCNCheck alone. This one is exported there, and
    makes the same object as the cmdlet does on Windows. Times are in milliseconds.
    .PARAMETER ProxyAccessType
    None, IEConfig, WinHttpConfig, AutoDetect or NoProxyServer; holds for every stage of signing in.
    .EXAMPLE
    New-CsOnlineSession -SessionOption (New-PSSessionOption -ProxyAccessType IEConfig)
    .OUTPUTS
    System.Management.Automation.Remoting.PSSessionOption
  #>
  [CmdletBinding()]
  [OutputType([System.Management.Automation.Remoting.PSSessionOption])]
  param(
    [int]$MaximumRedirection,
    [switch]$NoCompression,
    [switch]$NoMachineProfile,
    [cultureinfo]$Culture,
    [cultureinfo]$UICulture,
    [int]$MaximumReceivedDataSizePerCommand,
    [int]$MaximumReceivedObjectSize,
    [System.Management.Automation.Runspaces.OutputBufferingMode]$OutputBufferingMode,
    [ValidateRange(0, 2147483647)][int]$MaxConnectionRetryCount,
    [System.Management.Automation.PSPrimitiveDictionary]$ApplicationArguments,
    [Alias('OpenTimeoutMSec')][int]$OpenTimeout,
    [Alias('CancelTimeoutMSec')][int]$CancelTimeout,
    [Alias('IdleTimeoutMSec')][int]$IdleTimeout,
    [System.Management.Automation.Remoting.ProxyAccessType]$ProxyAccessType,
    [System.Management.Automation.Runspaces.AuthenticationMechanism]$ProxyAuthentication,
    [pscredential]$ProxyCredential,
    [switch]$SkipCACheck,
    [switch]$SkipCNCheck,
    [switch]$SkipRevocationCheck,
    [Alias('OperationTimeoutMSec')][int]$OperationTimeout,
    [switch]$NoEncryption,
    [switch]$UseUTF16,
    [switch]$IncludePortInSPN
  )
  $option = [System.Management.Automation.Remoting.PSSessionOption]::new()
  foreach ($name in $PSBoundParameters.Keys) {
    $property = if ($name -eq 'MaximumRedirection') { 'MaximumConnectionRedirectionCount' } else { $name }
    if (-not $option.PSObject.Properties[$property]) { continue }
    $value = $PSBoundParameters[$name]
    if ($name -like '*Timeout') { $value = [timespan]::FromMilliseconds($value) }
    elseif ($value -is [switch]) { $value = $value.IsPresent }
    $option.$property = $value
  }
  $option
}
