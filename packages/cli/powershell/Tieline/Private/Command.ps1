# The tieline command: where it is, and how it is run.

function Get-TielineCommand {
  # A program and its first arguments. Beside the module stands which tieline installed it.
  if ($env:TIELINE_COMMAND) {
    $found = Get-Command -Name $env:TIELINE_COMMAND -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $found) {
      throw (New-TielineError -Message "TIELINE_COMMAND names ""$env:TIELINE_COMMAND"", which is no program." -Id 'TielineCommandMissing' -Cure 'Let it name the tieline command, or remove it.')
    }
    return @{ Program = $found.Source; Arguments = @() }
  }
  $note = Join-Path $script:ModuleRoot 'tieline.json'
  if (Test-Path -LiteralPath $note) {
    $known = Get-Content -LiteralPath $note -Raw -Encoding UTF8 | ConvertFrom-Json
    if ((Test-Path -LiteralPath $known.node) -and (Test-Path -LiteralPath $known.script)) {
      return @{ Program = $known.node; Arguments = @($known.script) }
    }
  }
  $found = Get-Command -Name tieline -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
  if ($found) { return @{ Program = $found.Source; Arguments = @() } }
  $beside = Join-Path (Split-Path (Split-Path $script:ModuleRoot)) (Join-Path 'bin' 'tieline.js')
  if (Test-Path -LiteralPath $beside) {
    $node = Get-Command -Name node -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $node) {
      throw (New-TielineError -Message 'Node, which tieline runs on, is not on the PATH.' -Id 'NodeMissing' -Cure 'Install Node 24 or later, or let TIELINE_COMMAND name the tieline command.')
    }
    return @{ Program = $node.Source; Arguments = @($beside) }
  }
  throw (New-TielineError -Message 'The tieline command was not found.' -Id 'TielineCommandMissing' -Cure 'Install it so that it is on the PATH, let TIELINE_COMMAND name it, or run "tieline module install" again.')
}

function Invoke-TielineCommand {
  # What the command prints, as an object. What it says of an error becomes ours.
  param([Parameter(Mandatory)][string[]]$ArgumentList)
  $command = Get-TielineCommand
  $program = $command.Program
  $all = @($command.Arguments) + $ArgumentList
  $before = $global:LASTEXITCODE
  $PSNativeCommandUseErrorActionPreference = $false
  $ErrorActionPreference = 'Continue'
  $said = @(& $program @all 2>&1)
  $code = $global:LASTEXITCODE
  $global:LASTEXITCODE = $before
  $text = ($said | Where-Object { $_ -isnot [System.Management.Automation.ErrorRecord] }) -join "`n"
  $complaint = ($said | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | ForEach-Object { "$_" }) -join "`n"
  if ($code -ne 0) {
    $fault = $null
    try { $fault = (($complaint -split "`n") | Where-Object { $_ -like '{"error"*' } | Select-Object -First 1 | ConvertFrom-Json).error } catch { $fault = $null }
    if ($fault) { throw (New-TielineError -Fault $fault) }
    throw (New-TielineError -Message "tieline $($ArgumentList -join ' ') failed with exit code $code. $complaint" -Id 'TielineCommandFailed' -Cure 'Run the same command in a terminal to see what it says.')
  }
  if ($text -eq '') { return }
  $text | ConvertFrom-Json
}
