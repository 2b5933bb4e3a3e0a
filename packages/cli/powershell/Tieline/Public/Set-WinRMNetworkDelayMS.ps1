function Set-WinRMNetworkDelayMS {}
