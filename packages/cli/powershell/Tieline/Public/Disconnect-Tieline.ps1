function Disconnect-Tieline {}
