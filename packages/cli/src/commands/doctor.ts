/** `tieline doctor`: each layer between this machine and a session, looked at in order, with cause and cure. */
import { CHECKS, examine, parseSubject, type Finding, type Verdict } from "@tieline/connector";
import { Fault } from "@tieline/fault";
import { EXIT, exitCodeOfLayer } from "../exit-code.ts";
import { formatOf, type ConnectionOptions, type Surroundings } from "../invocation.ts";
import { documentText } from "../output/document.ts";
import { columnsOf } from "../output/terminal.ts";
import { printable } from "../output/width.ts";
import { wrapped } from "../output/wrapped.ts";
import { styleFor, type Style } from "../style.ts";
import { sourceFor } from "./session-source.ts";

export interface DoctorCommandOptions extends ConnectionOptions {
  json?: boolean;
  checkTimeout: number;
  timeout: number;
}

export async function doctor(options: DoctorCommandOptions, around: Surroundings, text: string | undefined): Promise<number> {
  const named = text ?? options.targetUri ?? options.user ?? around.environment["TIELINE_USER"] ?? options.overrideAdminDomain;
  if (named === undefined)
    throw new Fault("usage", { what: "Whom to look at was not said.", hint: "tieline doctor ACCOUNT, DOMAIN or URI." });
  const subject = { ...parseSubject(named), ...(options.targetUri === undefined ? {} : { targetUri: new URL(options.targetUri) }) };
  const user = subject.user ?? options.user;
  const { wish, surroundings } = sourceFor(options, user, unattended(options, around));
  const format = options.json === true ? "json" : formatOf(options, around);
  const inWords = format === "table" || format === "list";
  const style = styleFor(around.stdout, around.environment);
  const width = columnsOf(around.stdout);
  const { findings, verdict } = await examine({
    subject: user === undefined ? subject : { ...subject, user, ...(subject.domain === undefined ? domainOf(user) : {}) },
    wish,
    surroundings,
    checkTimeoutMs: options.checkTimeout * 1000,
    timeoutMs: options.timeout * 1000,
    ...(inWords
      ? {
          onFindings: (each: readonly Finding[]) =>
            void around.stdout.write(each.map((one) => told(one, style, width, options.verbose === true)).join("")),
        }
      : {}),
  });
  if (inWords) around.stdout.write(`\n${summary(findings, style)}\n`);
  else around.stdout.write(documentText({ subject: named, verdict, findings }, { format, query: options.query, rows: findings }));
  const gravest = findings.find((each) => each.verdict === "error");
  return gravest === undefined ? EXIT.ok : exitCodeOfLayer(gravest.layer);
}

/** Nobody is asked for anything, unless a way to sign in was named. */
function unattended(options: DoctorCommandOptions, around: Surroundings): Surroundings {
  if ((options as { signIn?: string }).signIn !== undefined) return around;
  return { ...around, stdin: Object.create(around.stdin, { isTTY: { value: false } }) as Surroundings["stdin"] };
}

function domainOf(user: string): { domain?: string } {
  const domain = user.split("@")[1];
  return domain === undefined ? {} : { domain: domain.toLowerCase() };
}

function told(finding: Finding, style: Style, width: number, verbose: boolean): string {
  const { verdict } = finding;
  const paint = { ok: style.good, info: style.strong, warning: style.warning, error: style.error, skipped: style.dim }[verdict];
  // Readers of the table know checks by their titles.
  const titleOf = (check: string): string => CHECKS.find(({ name }) => name === check)?.title ?? check;
  const text = finding.text.replace(/: see ([a-z]+)\.$/, (_, check: string) => `: see ${titleOf(check)}.`);
  const [first = "", ...more] = wrapped(`         ${titleOf(finding.check).padEnd(16)}`, printable(text), width);
  const lines = [`${paint(verdict.padEnd(8))} ${first.slice(9)}`, ...more];
  const row = (label: string, text: string): void =>
    void lines.push(...wrapped(`           ${`${label}:`.padEnd(9)}`, printable(text), width));
  if (verdict === "error" || verdict === "warning" || verbose) for (const seen of finding.evidence) row("seen", seen);
  if (finding.cause !== undefined) row("cause", finding.cause);
  if (finding.cure !== undefined && verdict !== "ok") row("cure", finding.cure);
  return `${lines.join("\n")}\n`;
}

function summary(findings: readonly Finding[], style: Style): string {
  const count = (verdict: Verdict): number => findings.filter((each) => each.verdict === verdict).length;
  const [errors, warnings, left] = [count("error"), count("warning"), count("skipped")];
  const words = [
    errors === 0 ? style.good("no errors") : style.error(`${errors} ${errors === 1 ? "error" : "errors"}`),
    ...(warnings === 0 ? [] : [style.warning(`${warnings} ${warnings === 1 ? "warning" : "warnings"}`)]),
    ...(left === 0 ? [] : [`${left} skipped`]),
  ];
  return words.join(", ");
}
