# From a request to a PSSession that is PowerShell's own.

function Open-TielineSession {
  # $Cmdlet is the public function's $PSCmdlet: with it the session is listed by Get-PSSession.
  param(
    [Parameter(Mandatory)][hashtable]$Bound,
    [Parameter(Mandatory)][System.Management.Automation.PSCmdlet]$Cmdlet
  )
  Assert-TielinePrerequisite
  if (-not (Test-TielinePipe)) { return Open-TielineDesktopSession -Bound $Bound }
  $name = if ($Bound.Contains('Name')) { "$($Bound.Name)" } else { 'SfBPowerShellSession' }
  $request = New-TielineRequest -Kind open -Bound $Bound
  $request.name = $name
  $runspace = $null
  $line = $null
  $session = $null
  try {
    $line = Connect-TielineBridge -Request $request
    while ($null -eq $session) {
      $event = Receive-TielineEvent -Line $line
      if ($null -eq $event) { throw (New-TielineError -Message 'The bridge between PowerShell and the service has gone away.' -Id 'bridge-unreachable' -Cure 'Run the command again.') }
      if (Show-TielineEvent -Event $event -Line $line) { continue }
      switch ($event.event) {
        'pipe' { $runspace = New-TielineRunspace -Pipe $event -Name $name -Bound $Bound; $runspace.OpenAsync() }
        'failed' { throw (New-TielineError -Fault $event.fault) }
        'opened' {
          Wait-TielineRunspace -Runspace $runspace
          $session = New-TielinePSSession -Runspace $runspace -Facts $event.session -Cmdlet $Cmdlet -Named:$Bound.Contains('Name')
          Save-TielineWay -Id $event.session.id -Bound $Bound
        }
      }
    }
    $session
  }
  finally {
    Close-TielineBridge -Line $line
    if ($null -eq $session -and $null -ne $runspace) { try { $runspace.CloseAsync() } catch { Write-Debug "$_" } }
  }
}

function New-TielineRunspace {
  param([Parameter(Mandatory)]$Pipe, [string]$Name, [hashtable]$Bound)
  $arguments = [System.Management.Automation.PSPrimitiveDictionary]::new()
  if ($Bound.Contains('SessionOption') -and $Bound.SessionOption -and $Bound.SessionOption.ApplicationArguments) {
    foreach ($entry in $Bound.SessionOption.ApplicationArguments.GetEnumerator()) { $arguments[$entry.Key] = $entry.Value }
  }
  $arguments['TielineSecret'] = "$($Pipe.secret)"
  $connection = [System.Management.Automation.Runspaces.NamedPipeConnectionInfo]::new((Get-TielinePipeName $Pipe.path), 10000)
  $types = [System.Management.Automation.Runspaces.TypeTable]::LoadDefaultTypeFiles()
  [runspacefactory]::CreateRunspace($connection, $Host, $types, $arguments, $Name)
}

function Wait-TielineRunspace {
  param([Parameter(Mandatory)]$Runspace)
  while ("$($Runspace.RunspaceStateInfo.State)" -in 'BeforeOpen', 'Opening', 'Connecting') { Start-Sleep -Milliseconds 10 }
  if ("$($Runspace.RunspaceStateInfo.State)" -eq 'Opened') { return }
  throw (New-TielineError -Message "The session did not open. $($Runspace.RunspaceStateInfo.Reason.Message)" -Id 'TielineSessionNotOpened' -Cure 'Run the command again with -Verbose.')
}

function New-TielinePSSession {
  param($Runspace, $Facts, $Cmdlet, [switch]$Named)
  $session = [System.Management.Automation.Runspaces.PSSession]::Create($Runspace, 'Tieline', $Cmdlet)
  if (-not $Named) { $session.Name = "SfBPowerShellSession_$($session.Id)" }
  # PowerShell says localhost of every pipe; scripts read here where the service is.
  $session | Add-Member -NotePropertyMembers @{ ComputerName = $Facts.computerName; ConnectionUri = $Facts.uri; UserName = $Facts.user; TielineId = $Facts.id } -Force
  $session.PSObject.TypeNames.Insert(0, 'Tieline.Session')
  $session
}

function Open-TielineDesktopSession {
  # Windows PowerShell 5.1 has no pipes for this, but its own WS-Management client: Tieline signs in, and it connects.
  param([Parameter(Mandatory)][hashtable]$Bound)
  $found = Get-TielineToken -Bound $Bound
  $credential = if ($found.token) { [pscredential]::new('oauth', (ConvertTo-TielineSecret $found.token)) } else { $Bound.Credential }
  $to = @{ ConnectionUri = $found.targetUri; Authentication = 'Basic'; Name = 'SfBPowerShellSession'; ErrorAction = 'Stop' }
  if ($credential) { $to.Credential = $credential } else { $to.Authentication = 'Negotiate' }
  if ($Bound.Contains('SessionOption') -and $Bound.SessionOption) { $to.SessionOption = $Bound.SessionOption }
  New-PSSession @to
}

function Get-TielineToken {
  param([Parameter(Mandatory)][hashtable]$Bound)
  $line = $null
  try {
    $line = Connect-TielineBridge -Request (New-TielineRequest -Kind token -Bound $Bound)
    for (;;) {
      $event = Receive-TielineEvent -Line $line
      if ($null -eq $event) { throw (New-TielineError -Message 'The bridge between PowerShell and the service has gone away.' -Id 'bridge-unreachable' -Cure 'Run the command again.') }
      if (Show-TielineEvent -Event $event -Line $line) { continue }
      if ($event.event -eq 'failed') { throw (New-TielineError -Fault $event.fault) }
      if ($event.event -eq 'token') { return $event }
    }
  }
  finally { Close-TielineBridge -Line $line }
}
