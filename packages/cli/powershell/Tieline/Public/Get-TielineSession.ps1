function Get-TielineSession {}
