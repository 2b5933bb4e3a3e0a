function New-CsOnlineSession {}
