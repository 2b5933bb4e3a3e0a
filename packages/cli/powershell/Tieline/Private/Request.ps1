# From bound parameters of the public functions to what the bridge is asked.

# Parameters that travel as they are, by their names on the wire.
$script:PlainParameters = @{
  UserName                       = 'userName'
  OverrideAdminDomain            = 'overrideAdminDomain'
  OverrideDiscoveryUri           = 'overrideDiscoveryUri'
  OverridePowerShellUri          = 'overridePowerShellUri'
  OverrideAccessTokenResourceUri = 'overrideAccessTokenResourceUri'
  TeamsEnvironmentName           = 'teamsEnvironmentName'
  Authentication                 = 'authentication'
  Proxy                          = 'proxy'
  CertificateFile                = 'certificateFile'
  KeyFile                        = 'keyFile'
  ClientId                       = 'clientId'
  Tenant                         = 'tenant'
}

function New-TielineRequest {
  param([Parameter(Mandatory)][string]$Kind, [Parameter(Mandatory)][hashtable]$Bound)
  $parameters = @{}
  foreach ($name in $script:PlainParameters.Keys) {
    if ($Bound.Contains($name) -and $null -ne $Bound[$name] -and "$($Bound[$name])" -ne '') {
      $value = $Bound[$name]
      $parameters[$script:PlainParameters[$name]] = if ($value -is [uri]) { $value.OriginalString } else { "$value" }
    }
  }
  if ($Bound.Contains('Credential') -and $Bound.Credential) {
    $parameters.credential = @{ userName = $Bound.Credential.UserName; password = ConvertFrom-TielineSecret $Bound.Credential.Password }
  }
  if ($Bound.Contains('OAuthAccessToken') -and $Bound.OAuthAccessToken) { $parameters.accessToken = ConvertFrom-TielineSecret $Bound.OAuthAccessToken }
  if ($Bound.Contains('ConnectTo')) { $parameters.connectTo = @($Bound.ConnectTo) }
  if ($Bound.Contains('CAFile')) {
    $parameters.caFile = @($Bound.CAFile | ForEach-Object { $PSCmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath($_) })
  }
  if ($Bound.Contains('OpenTimeoutSeconds')) { $parameters.openTimeoutSeconds = [int]$Bound.OpenTimeoutSeconds }
  elseif ((Get-TielineState).NetworkDelayMS -gt $script:UsualNetworkDelay) {
    # A minute, and what the network is said to need.
    $parameters.openTimeoutSeconds = 60 + [int][math]::Ceiling((Get-TielineState).NetworkDelayMS / 1000)
  }
  if ($Bound.Contains('DeviceCode') -and $Bound.DeviceCode) { $parameters.deviceCode = $true }
  if ($Bound.Contains('WebTicket') -and $Bound.WebTicket) { $parameters.webTicket = $true }
  if ($Bound.Contains('HostedMigration') -and $Bound.HostedMigration) { $parameters.hostedMigration = $Bound.HostedMigration }
  if ($Bound.Contains('NoReconnection') -and $Bound.NoReconnection) { $parameters.reconnection = $false }
  $lab = Get-TielineLab -Bound $Bound
  if ($lab) { $parameters.lab = $lab }
  if ($Bound.Contains('SessionOption') -and $Bound.SessionOption) { $parameters.sessionOption = ConvertTo-TielineSessionOption $Bound.SessionOption }
  @{ request = $Kind; parameters = $parameters; environment = Get-TielineEnvironment }
}

function Get-TielineLab {
  # $true for the default one, a folder, or $null.
  param([Parameter(Mandatory)][hashtable]$Bound)
  if ($Bound.Contains('LabFolder') -and $Bound.LabFolder) { return "$($Bound.LabFolder)" }
  if ($Bound.Contains('Lab') -and $Bound.Lab) { return $true }
  if ($env:TIELINE_LAB -in '1', 'true') { return $true }
  if ($env:TIELINE_LAB) { return $env:TIELINE_LAB }
}

function ConvertTo-TielineSessionOption {
  # What a PSSessionOption says, by the names of its own properties; times in milliseconds.
  param([Parameter(Mandatory)][System.Management.Automation.Remoting.PSSessionOption]$Option)
  $said = @{}
  foreach ($property in $Option.PSObject.Properties) {
    $value = $property.Value
    # Application arguments travel with the session itself; Negotiate is what nobody chose, and no reason to refuse a proxy that wants another.
    if ($null -eq $value -or $property.Name -eq 'ApplicationArguments') { continue }
    if ($property.Name -eq 'ProxyAuthentication' -and "$value" -eq 'Negotiate') { continue }
    if ($value -is [timespan]) { $said[$property.Name] = [int64]$value.TotalMilliseconds }
    elseif ($value -is [pscredential]) { $said[$property.Name] = @{ userName = $value.UserName; password = ConvertFrom-TielineSecret $value.Password } }
    elseif ($value -is [bool] -or $value -is [int]) { $said[$property.Name] = $value }
    else { $said[$property.Name] = "$value" }
  }
  $said
}

function Get-TielineEnvironment {
  # The bridge lives longer than this PowerShell: what depends on the environment comes with each request.
  $environment = @{}
  foreach ($variable in [Environment]::GetEnvironmentVariables().GetEnumerator()) {
    if ($variable.Key -match '^(TIELINE_.*|.*_PROXY|XDG_.*|HOME|USERPROFILE|KRB5.*|DISPLAY|WAYLAND_DISPLAY|BROWSER|SSH_CONNECTION|AZURE_FEDERATED_TOKEN_FILE)$') { $environment[$variable.Key] = "$($variable.Value)" }
  }
  $environment
}
