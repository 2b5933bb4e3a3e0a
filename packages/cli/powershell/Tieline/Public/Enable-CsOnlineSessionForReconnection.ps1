function Enable-CsOnlineSessionForReconnection {
  <#
    .SYNOPSIS
    Does nothing: sessions that Tieline opens go on by themselves.
    .DESCRIPTION
    Before the service ends a shell the next one is opened behind the same session, and a broken network is sat out. A
    command that may have had an effect is never sent twice: it is reported instead. Connect-Tieline -NoReconnection opens a
    session without that.
    .EXAMPLE
    Enable-CsOnlineSessionForReconnection
  #>
  [CmdletBinding()]
  param()
  Write-Host 'Reconnection is on: sessions of Tieline outlive the sixty minutes of a shell by themselves.'
}
