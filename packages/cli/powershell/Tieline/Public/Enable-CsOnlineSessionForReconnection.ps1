function Enable-CsOnlineSessionForReconnection {}
