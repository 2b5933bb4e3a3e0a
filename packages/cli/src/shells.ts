/** The shells that completion scripts are made for, each with its script: all ask `tieline __complete` for candidates. */

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof SHELLS)[number];

export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_tieline() {
  local IFS=$'\\n'
  COMPREPLY=($(tieline __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null))
}
complete -o default -F _tieline tieline
`,
  zsh: `#compdef tieline
_tieline() {
  local -a found
  found=("\${(@f)$(tieline __complete -- "\${words[@]:1:CURRENT-1}" 2> /dev/null)}")
  compadd -a found
}
compdef _tieline tieline
`,
  fish: `complete -c tieline -f -a '(tieline __complete -- (commandline -opc)[2..-1] (commandline -ct) 2> /dev/null)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName tieline -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($word -eq '') { $words += '' }
  tieline __complete -- @words 2> $null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`,
};
