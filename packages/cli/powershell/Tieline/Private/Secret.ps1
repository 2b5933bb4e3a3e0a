function ConvertFrom-TielineSecret {
  # The text in a SecureString; it leaves this process by the bridge's own socket only.
  param([Parameter(Mandatory)][securestring]$Secret)
  [System.Net.NetworkCredential]::new('', $Secret).Password
}

function ConvertTo-TielineSecret {
  param([Parameter(Mandatory)][string]$Text)
  $secret = [securestring]::new()
  foreach ($letter in $Text.ToCharArray()) { $secret.AppendChar($letter) }
  $secret.MakeReadOnly()
  $secret
}
