/** The ways in which an error reaches whoever pastes it. */

/** Breaks a text where a console of that width does: in the middle of words. */
function brokenAt(width: number, indent = ""): (text: string) => string {
  return (text) => (text.match(new RegExp(`[^]{1,${width}}`, "g")) ?? []).map((line) => indent + line).join("\r\n");
}

/** Breaks a text at blanks. */
function filled(text: string, width: number, start: string): string {
  const lines = [start];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) as string;
    if (last.length > start.length && last.length + word.length + 1 > width) lines.push(start + word);
    else lines[lines.length - 1] = last === start ? start + word : `${last} ${word}`;
  }
  return lines.join("\n");
}

const html = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/'/g, "&#39;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

export const WRAPPINGS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in other letters": (text) => text.toUpperCase(),
  "PowerShell 5's frame, broken at 80 columns": (text) =>
    brokenAt(80)(`New-PSSession : [admin0a.online.lync.com] Said: ${text}`) +
    "\r\nAt C:\\Scripts\\connect.ps1:12 char:8\r\n+ $session = New-CsOnlineSession -Credential $cred\r\n+            ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\r\n" +
    "    + CategoryInfo          : OpenError: (System.Manageme....RemoteRunspace:RemoteRunspace) [New-PSSession], PSRemotin\r\n   gTransportException\r\n    + FullyQualifiedErrorId : PSSessionOpenFailed\r\n",
  "PowerShell 7's frame": (text) =>
    `New-PSSession: \nLine |\n   1 |  New-CsOnlineSession -Verbose\n     |  ~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n${filled(text, 100, "     | ")}\n`,
  "colours of a terminal": (text) =>
    `\u001b[31;1mNew-PSSession: \u001b[0m\u001b[31;1m${text.replace(/ /, "\u001b[0m \u001b[31;1m")}\u001b[0m\u001b]0;title\u0007`,
  "colours whose escapes were lost": (text) => `[31;1mNew-PSSession: [0m[31;1m${text}[0m`,
  CLIXML: (text) =>
    `#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">${(html(text).match(/[^]{1,70}/g) ?? [])
      .filter((line) => !/&[^;]*$/.test(line) || true)
      .join("")
      .replace(/(.{60}[^&;]{0,12}?) /g, '$1 _x000D__x000A_</S><S S="Error">')
      .replace(/^/, '<S S="Error">')}_x000D__x000A_</S></Objs>`,
  HTML: (text) => `<html><body><p class="error">${html(text).replace(/ /, "&nbsp;")}</p><br/></body></html>`,
  JSON: (text) => JSON.stringify({ error: { code: "x", message: `${text}\r\nTrace ID: 0000` } }, null, 2),
  "JSON that was cut": (text) => JSON.stringify({ message: `${text}\r\nTrace` }).slice(0, -3),
  "bent quotation marks": (text) =>
    text
      .replace(/'([^']*)'/g, "\u2018$1\u2019")
      .replace(/"([^"]*)"/g, "\u201C$1\u201D")
      .replace(/-/g, "\u2011"),
  "quoted in a mail": (text) => `On Monday, Bob wrote:\n${filled(text, 60, "> > ")}\n`,
  "after a prompt": (text) => `PS C:\\Users\\bob> ${text}\nPS C:\\Users\\bob> `,
  "in a log line": (text) => `2020-08-05T10:11:12.345Z ERROR [main] connect failed: ${text}`,
  emphasised: (text) => `- **Error**: *${text}*`,
};
