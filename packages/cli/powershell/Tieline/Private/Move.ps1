# Moves that are signed in for on this machine: the pool's Move-CsUser, and a token for it.

# What says how the service is reached: a sign-in for a move goes the same way as the session at the pool.
$script:WayParameters = @('Lab', 'LabFolder', 'Proxy', 'ConnectTo', 'CAFile', 'SessionOption', 'OpenTimeoutSeconds', 'DeviceCode')
$script:Ways = @{}
$script:PoolSessions = @{}
$script:HostedTokens = @{}

function Save-TielineWay {
  param([Parameter(Mandatory)][string]$Id, [Parameter(Mandatory)][hashtable]$Bound)
  $way = @{}
  foreach ($name in $script:WayParameters) { if ($Bound.Contains($name)) { $way[$name] = $Bound[$name] } }
  $script:Ways[$Id] = $way
}

function Get-TielineMoveCommand {
  # Where Move-CsUser runs: in the session from which the caller's shell has imported it, or in one that Tieline has open and
  # that has it; else the command itself, of an installed server or of an import whose session PowerShell opens anew.
  param([Parameter(Mandatory)][System.Management.Automation.PSCmdlet]$Cmdlet)
  $command = $null
  foreach ($kind in 'Function', 'Cmdlet') {
    if (-not $command) { $command = $Cmdlet.SessionState.InvokeCommand.GetCommand('Move-CsUser', $kind) }
  }
  if ($command.Module.PrivateData.ImplicitRemoting) {
    $session = & $command.Module { $script:PSSession }
    if ("$($session.State)" -eq 'Opened') { return @{ Session = $session } }
  }
  elseif ($command) { return @{ Command = $command } }
  foreach ($session in Get-TielineSession | Where-Object { "$($_.State)" -eq 'Opened' } | Sort-Object Id -Descending) {
    if (Test-TielinePoolSession $session) { return @{ Session = $session } }
  }
  if ($command) { return @{ Command = $command } }
  throw (New-TielineError -Message 'No session at a pool is open here, and no Move-CsUser is imported from one.' -Id 'PoolSessionMissing' -Cure 'Open one: Connect-Tieline -OverridePowerShellUri https://POOL/OcsPowershell -Credential (Get-Credential).')
}

function Test-TielinePoolSession {
  param([Parameter(Mandatory)]$Session)
  $id = "$($Session.InstanceId)"
  if (-not $script:PoolSessions.Contains($id)) {
    $script:PoolSessions[$id] = [bool](Invoke-Command -Session $Session -ScriptBlock { Get-Command -Name Move-CsUser } -ErrorAction Ignore)
  }
  $script:PoolSessions[$id]
}

# Parameters of the sign-in here, which no pool knows.
$script:OfSignIn = @('OverrideAdminDomain', 'ClientId', 'Tenant', 'CertificateFile', 'KeyFile', 'DeviceCode', 'TenantAdminUserName', 'UseOAuth')

function Get-TielineMoveToken {
  # A token for the hosted migration service, where a sign-in here was asked for; else nothing.
  param([Parameter(Mandatory)][hashtable]$Bound, $Session)
  if ($Bound.AccessTokens -or -not ('UseOAuth', 'TenantAdminUserName', 'ClientId', 'DeviceCode' | Where-Object { $Bound[$_] })) { return }
  $asked = @{ UserName = $Bound.TenantAdminUserName }
  foreach ($name in $script:OfSignIn + 'Credential', 'HostedMigrationOverrideUrl') { if ($Bound.Contains($name)) { $asked[$name] = $Bound[$name] } }
  $way = if ($Session.TielineId) { $script:Ways[$Session.TielineId] }
  foreach ($name in $way.Keys) { if (-not $asked.Contains($name)) { $asked[$name] = $way[$name] } }
  Get-TielineHostedToken -Bound $asked
}

function Get-TielineMoveParameter {
  # What the pool's Move-CsUser is given: without what is done here, and with the token that came of it.
  param([Parameter(Mandatory)][hashtable]$Bound, $Token)
  $given = $Bound.Clone()
  foreach ($name in $script:OfSignIn) { $given.Remove($name) }
  if ($given.UserList -and (Test-Path -LiteralPath $given.UserList -PathType Leaf)) {
    # The pool sees no files of this machine.
    $given.UserList = @((Get-Content -LiteralPath $given.UserList -Encoding UTF8) -split '[,;\s]+' | Where-Object { $_ }) -join ','
  }
  if ($Token) {
    $given.Remove('Credential')
    $given.HostedMigrationOverrideUrl = $Token.Url
    $given.AccessTokens = @(ConvertFrom-TielineSecret $Token.Token)
  }
  $given
}

function Test-TielineHostedToken {
  # Whether it is good for five minutes more.
  param([Parameter(Mandatory)][hashtable]$Token)
  $Token.Expires -gt [datetimeoffset]::UtcNow.AddMinutes(5)
}

function Get-TielineHostedToken {
  # The token and the address that it is for; asked for once while it is good, so that a loop over users signs in once.
  param([Parameter(Mandatory)][hashtable]$Bound)
  $name = @('HostedMigrationOverrideUrl', 'OverrideAdminDomain', 'UserName', 'ClientId', 'Tenant' | ForEach-Object { "$($Bound[$_])" }) -join '|'
  $known = $script:HostedTokens[$name]
  # With a password given, whoever gives a wrong one shall hear of it.
  if ($known -and -not $Bound.Credential -and (Test-TielineHostedToken $known)) { return $known }
  $asked = $Bound.Clone()
  $asked.HostedMigration = if ($Bound.HostedMigrationOverrideUrl) { "$($Bound.HostedMigrationOverrideUrl)" } else { $true }
  $found = Get-TielineToken -Bound $asked
  $token = @{
    Url     = $found.targetUri
    Token   = ConvertTo-TielineSecret $found.token
    Expires = if ($found.expiresAtMs) { [datetimeoffset]::FromUnixTimeMilliseconds([int64]$found.expiresAtMs) } else { [datetimeoffset]::MaxValue }
  }
  if (-not $Bound.Credential) { $script:HostedTokens[$name] = $token }
  $token
}
