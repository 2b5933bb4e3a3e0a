/** Text of a person's report is no wider than this, however wide the terminal. */
const WIDEST = 110;
const NARROWEST = 30;

/** Words within the width, the later lines under the first one's text. */
export function wrapped(label: string, text: string, width: number): string[] {
  const room = Math.max(NARROWEST, Math.min(width, WIDEST) - label.length - 1);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each, i) => `${i === 0 ? label : " ".repeat(label.length)} ${each}`);
}
