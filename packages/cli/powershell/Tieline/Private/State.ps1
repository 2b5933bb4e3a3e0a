# What the module remembers of its user from one PowerShell to the next: a few numbers, no secret.

$script:UsualNetworkDelay = 5000

function Get-TielineStatePath {
  $folder = if ($PSVersionTable.PSEdition -eq 'Desktop' -or $IsWindows) { Join-Path $env:LOCALAPPDATA 'Tieline' }
  elseif ($env:XDG_STATE_HOME) { Join-Path $env:XDG_STATE_HOME 'tieline' }
  else { Join-Path $HOME '.local/state/tieline' }
  Join-Path $folder 'module.json'
}

function Get-TielineState {
  $path = Get-TielineStatePath
  if (-not (Test-Path -LiteralPath $path)) { return [pscustomobject]@{ NetworkDelayMS = $script:UsualNetworkDelay; Greeted = $false } }
  try { $known = Get-Content -LiteralPath $path -Raw | ConvertFrom-Json } catch { $known = $null }
  [pscustomobject]@{
    NetworkDelayMS = if ($known.NetworkDelayMS -gt 0) { [int]$known.NetworkDelayMS } else { $script:UsualNetworkDelay }
    Greeted        = [bool]$known.Greeted
  }
}

function Save-TielineState {
  param([Parameter(Mandatory)]$State)
  $path = Get-TielineStatePath
  $null = New-Item -ItemType Directory -Path (Split-Path $path) -Force
  # Moved into its place, so that another PowerShell never reads half of it.
  $aside = "$path.$PID"
  $State | ConvertTo-Json -Compress | Set-Content -LiteralPath $aside -Encoding ascii
  Move-Item -LiteralPath $aside -Destination $path -Force
}

function Set-TielineNetworkDelay {
  # Says what the retired connector said.
  param([Parameter(Mandatory)][int]$Milliseconds)
  $drive = 'WSMan:\localhost\Client\NetworkDelayms'
  $state = Get-TielineState
  if (Get-PSDrive -Name WSMan -ErrorAction Ignore) {
    $before = (Get-Item -LiteralPath $drive -ErrorAction Stop).Value
    Set-Item -LiteralPath $drive -Value $Milliseconds -Force -ErrorAction Stop
  }
  else { $before = $state.NetworkDelayMS }
  $state.NetworkDelayMS = $Milliseconds
  Save-TielineState $state
  Write-Warning "WSMan NetworkDelayms has been set to $Milliseconds milliseconds. The previous value was $before milliseconds."
}

function Show-TielineFirstImport {
  # The first import of the retired connector by a user: it set the delay, and said so twice.
  $state = Get-TielineState
  if ($state.Greeted) { return }
  try {
    Set-TielineNetworkDelay -Milliseconds 30000
    Write-Warning 'To improve the performance of the Lync Online Connector, it is recommended that the network delay be set to 30000 milliseconds (30 seconds). However, you can use Set-WinRMNetworkDelayMS to change the network delay to any integer value.'
    $state = Get-TielineState
    $state.Greeted = $true
    Save-TielineState $state
  }
  catch { Write-Verbose "The network delay was left as it is: $_" }
}
