# A session over a socket or named pipe, of which PowerShell has no cmdlet of its own (7.3 or later).
using namespace System.Management.Automation.Runspaces
function New-SocketSession {
  [CmdletBinding()]
  param([Parameter(Mandatory)][string]$Path, [int]$TimeoutMs = 10000)
  $connection = [NamedPipeConnectionInfo]::new($Path, $TimeoutMs)
  $types = [TypeTable]::LoadDefaultTypeFiles()
  $runspace = [runspacefactory]::CreateRunspace($connection, $Host, $types)
  $runspace.Open()
  [PSSession]::Create($runspace, 'Socket', $PSCmdlet)
}
