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

function Get-TielineHostedToken {
  # A token for the hosted migration service and the address that it is for; asked for once while it is good for five
  # minutes more, so that a loop over users signs in once.
  param([Parameter(Mandatory)][hashtable]$Bound)
  $name = @('HostedMigrationOverrideUrl', 'UserName', 'ClientId', 'Tenant' | ForEach-Object { "$($Bound[$_])" }) -join '|'
  if ($Bound.Credential) { $name += "|$($Bound.Credential.UserName)" }
  $known = $script:HostedTokens[$name]
  # With a password given, whoever gives a wrong one shall hear of it.
  if (-not $known -or $Bound.Credential -or $known.Expires -lt [datetimeoffset]::UtcNow.AddMinutes(5)) {
    $asked = $Bound.Clone()
    $asked.HostedMigration = if ($Bound.HostedMigrationOverrideUrl) { "$($Bound.HostedMigrationOverrideUrl)" } else { $true }
    $found = Get-TielineToken -Bound $asked
    $known = @{
      Url     = $found.targetUri
      Token   = ConvertTo-TielineSecret $found.token
      Expires = if ($found.expiresAtMs) { [datetimeoffset]::FromUnixTimeMilliseconds($found.expiresAtMs) } else { [datetimeoffset]::UtcNow }
    }
    $script:HostedTokens[$name] = $known
  }
  $known
}

function Resolve-TielineMoveParameter {
  # What the pool's Move-CsUser is given: without what is done here, and with the token that came of it.
  param([Parameter(Mandatory)][hashtable]$Bound, $Session)
  $asked = @{}
  $given = $Bound.Clone()
  foreach ($name in 'OverrideAdminDomain', 'ClientId', 'Tenant', 'CertificateFile', 'KeyFile', 'DeviceCode', 'TenantAdminUserName', 'UseOAuth') {
    if ($given.Contains($name)) { $asked[$name] = $given[$name]; $given.Remove($name) }
  }
  if ($given.UserList -and (Test-Path -LiteralPath $given.UserList -PathType Leaf)) {
    # The pool sees no files of this machine.
    $given.UserList = @((Get-Content -LiteralPath $given.UserList -Encoding UTF8) -split '[,;\s]+' | Where-Object { $_ }) -join ','
  }
  if ($given.AccessTokens -or -not ($asked.UseOAuth -or $asked.TenantAdminUserName -or $asked.ClientId -or $asked.DeviceCode)) { return $given }
  $asked.UserName = $asked.TenantAdminUserName
  if ($given.Credential) {
    $asked.Credential = $given.Credential
    $given.Remove('Credential')
  }
  if ($given.HostedMigrationOverrideUrl) { $asked.HostedMigrationOverrideUrl = $given.HostedMigrationOverrideUrl }
  $way = if ($Session.TielineId) { $script:Ways[$Session.TielineId] }
  foreach ($name in $way.Keys) { if (-not $asked.Contains($name)) { $asked[$name] = $way[$name] } }
  $token = Get-TielineHostedToken -Bound $asked
  $given.HostedMigrationOverrideUrl = $token.Url
  $given.AccessTokens = @(ConvertFrom-TielineSecret $token.Token)
  $given
}
