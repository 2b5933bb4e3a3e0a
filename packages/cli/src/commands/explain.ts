/** `tieline explain`: a pasted error, told in plain words; without a network. */
import { explain as explained, Fault, MAX_PASTE, type Explanation, type Finding } from "@tieline/fault";
import { EXIT } from "../exit-code.ts";
import { formatOf, type CommonOptions, type Surroundings } from "../invocation.ts";
import { documentText } from "../output/document.ts";
import { columnsOf } from "../output/terminal.ts";
import { printable } from "../output/width.ts";
import { wrapped } from "../output/wrapped.ts";
import { styleFor, type Style } from "../style.ts";

const NEXT =
  "Run `tieline doctor ACCOUNT` to see which hop refuses, or repeat the command with --verbose and explain what it says. Texts in other languages are recognised by their codes: paste the lines with the error id as well.";

export async function explain(options: CommonOptions, around: Surroundings, words: readonly string[]): Promise<number> {
  const piped = words.length === 0 || (words.length === 1 && words[0] === "-");
  if (words.length === 0 && around.stdin.isTTY) throw nothing();
  const text = piped ? await readAll(around) : words.join(" ");
  if (text.trim() === "") throw nothing();
  const result = explained(text);
  const format = formatOf(options, around);
  if (format === "table" || format === "list")
    around.stdout.write(inWords(result, styleFor(around.stdout, around.environment), columnsOf(around.stdout)));
  else
    around.stdout.write(
      documentText({ ...result, ...(result.recognised ? {} : { next: NEXT }) }, { format, query: options.query, rows: result.findings }),
    );
  if (result.cut) around.stderr.write(`The text is longer than ${MAX_PASTE / 1024} KiB; only its beginning was read.\n`);
  return result.recognised ? EXIT.ok : EXIT.failure;
}

function nothing(): Fault {
  return new Fault("usage", {
    what: "There is no text to explain.",
    hint: 'Paste it: tieline explain "ERROR TEXT", or pipe it in: tieline explain - < FILE',
  });
}

/** What is beyond the limit is read and dropped, so that the writer of a pipe is not cut off. */
async function readAll({ stdin, signal }: Surroundings): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    signal.throwIfAborted();
    const bytes = Buffer.from(chunk as Buffer | string);
    if (size <= MAX_PASTE * 4) chunks.push(bytes);
    size += bytes.length;
  }
  return decoded(Buffer.concat(chunks));
}

/** PowerShell 5 redirects in UTF-16. */
function decoded(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString("utf16le");
  return bytes.toString("utf8").replace(/^\uFEFF/, "");
}

function inWords(result: Explanation, style: Style, width: number): string {
  const [first, ...others] = result.findings;
  if (first === undefined) return unknown(result, style, width);
  const blocks = [block(first, style, width)];
  for (const other of others) blocks.push(`${style.dim("also:")} ${short(other, style)}`);
  return `${blocks.join("\n")}\n`;
}

function short(finding: Finding, style: Style): string {
  return `${style.strong(finding.code)} (${finding.layer}): ${printable(finding.message)}\n  ${style.dim("cure:  ")} ${finding.cure}`;
}

function block(finding: Finding, style: Style, width: number): string {
  const lines = [`${style.strong(finding.code)}  ${style.dim(`layer ${finding.layer}, known by ${finding.by}`)}`];
  const row = (label: string, text: string): void => void lines.push(...wrapped(`  ${`${label}:`.padEnd(8)}`, printable(text), width));
  row("what", finding.message);
  row("where", finding.where);
  finding.causes.forEach(({ cause, confirm }, i) => {
    row(finding.causes.length === 1 ? "cause" : `cause ${i + 1}`, cause);
    if (confirm !== undefined) row("check", confirm);
  });
  row("cure", finding.cure);
  // Commands are for copying: they are not broken over lines.
  for (const command of finding.commands) lines.push(`  ${"type:".padEnd(8)} ${printable(command)}`);
  if (finding.source !== undefined) row("source", finding.source);
  return lines.join("\n");
}

function unknown(result: Explanation, style: Style, width: number): string {
  const lines = [style.strong("This text is not known to Tieline.")];
  for (const { code, family } of result.unknownCodes) lines.push(...wrapped("  code:   ", `${code} is ${family}.`, width));
  if (result.nearest.length > 0) {
    lines.push("It is nearest to these, which may be something else:");
    for (const { code, text, score } of result.nearest)
      lines.push(...wrapped(`  ${String(Math.round(score * 100)).padStart(3)} %   `, `${code}: ${printable(text)}`, width));
  }
  lines.push(...wrapped("  next:   ", NEXT, width));
  return `${lines.join("\n")}\n`;
}
