# The bridge's control socket: one request a connection, lines of JSON both ways.

function Connect-TielineBridge {
  # Finds the bridge of this user, or has it started, and sends it a request. Close what comes back.
  param([Parameter(Mandatory)][hashtable]$Request)
  $bridge = Invoke-TielineCommand -ArgumentList 'bridge', '--start'
  $pipe = New-TielinePipe -Path $bridge.control
  try { $pipe.Connect(5000) }
  catch {
    $pipe.Dispose()
    throw (New-TielineError -Message "The bridge between PowerShell and the service does not answer: $($_.Exception.GetBaseException().Message)" -Id 'bridge-unreachable' -Cure 'Run the command again: a bridge that is gone is started anew.')
  }
  $utf8 = [System.Text.UTF8Encoding]::new($false)
  $line = @{
    Pipe   = $pipe
    Reader = [System.IO.StreamReader]::new($pipe, $utf8)
    Writer = [System.IO.StreamWriter]::new($pipe, $utf8)
  }
  $line.Writer.NewLine = "`n"
  $line.Writer.AutoFlush = $true
  $Request.secret = $bridge.secret
  Send-TielineLine -Line $line -Value $Request
  $line
}

function New-TielinePipe {
  param([Parameter(Mandatory)][string]$Path)
  $options = [System.IO.Pipes.PipeOptions]::Asynchronous
  # .NET then checks that the other end is the same user's.
  if ($PSVersionTable.PSEdition -eq 'Core') { $options = $options -bor [System.IO.Pipes.PipeOptions]::CurrentUserOnly }
  [System.IO.Pipes.NamedPipeClientStream]::new('.', (Get-TielinePipeName $Path), [System.IO.Pipes.PipeDirection]::InOut, $options)
}

function Get-TielinePipeName([string]$Path) { $Path -replace '^\\\\\.\\pipe\\', '' }

function Send-TielineLine {
  param([Parameter(Mandatory)][hashtable]$Line, [Parameter(Mandatory)]$Value)
  $Line.Writer.WriteLine(($Value | ConvertTo-Json -Compress -Depth 8))
}

function Receive-TielineEvent {
  # The next line as an object; $null when the bridge has said everything. The wait is in short steps, so that Ctrl-C is heard.
  param([Parameter(Mandatory)][hashtable]$Line)
  $reading = $Line.Reader.ReadLineAsync()
  while (-not $reading.AsyncWaitHandle.WaitOne(100)) { }
  try { $text = $reading.GetAwaiter().GetResult() } catch { $text = $null }
  if ($null -eq $text) { return }
  $text | ConvertFrom-Json
}

function Close-TielineBridge {
  param([hashtable]$Line)
  if ($Line) { try { $Line.Pipe.Dispose() } catch { Write-Debug "$_" } }
}

function Show-TielineEvent {
  # What every attempt may say or ask. $true where it was such an event.
  param([Parameter(Mandatory)]$Event, [Parameter(Mandatory)][hashtable]$Line)
  switch ($Event.event) {
    'verbose' { Write-Verbose $Event.text; return $true }
    'warning' { Write-Warning $Event.text; return $true }
    'show' { Write-Host $Event.text; return $true }
    'ask' {
      if ($Event.hidden) { $answer = ConvertFrom-TielineSecret (Read-Host -Prompt $Event.text -AsSecureString) }
      else { $answer = Read-Host -Prompt $Event.text }
      Send-TielineLine -Line $Line -Value @{ answer = $answer }
      return $true
    }
  }
  return $false
}
