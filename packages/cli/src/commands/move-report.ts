/** `tieline move report`: what a batch came to, for a terminal, a table, a program, or as a page. */
import { writeFileSync } from "node:fs";
import { extname, resolve } from "node:path";
import { moveReport, type MovedUser } from "@tieline/connector";
import { Fault } from "@tieline/fault";
import { EXIT } from "../exit-code.ts";
import { formatOf, type Surroundings } from "../invocation.ts";
import { dated, userObject } from "../move-objects.ts";
import { reportText } from "../move-report-words.ts";
import { documentText } from "../output/document.ts";
import { Printer } from "../output/printer.ts";
import { columnsOf } from "../output/terminal.ts";
import { number } from "../output/words.ts";
import { reportPage } from "../report-page/report-page.ts";
import { styleFor } from "../style.ts";
import { atSites, type SiteOptions } from "./move-sites.ts";

interface ReportOptions extends SiteOptions {
  format?: "table" | "csv" | "json" | "html";
  out?: string;
}

type ReportFormat = ReturnType<typeof formatOf> | "html";

export const report = atSites(async ({ cmdlets, notes, terminal }, options: ReportOptions, around, name: string) => {
  const format = reportFormat(options, around);
  if (format === "html" && options.out === undefined && around.stdout.isTTY)
    throw new Fault("usage", { what: "A page is no good on a terminal.", hint: "Name a file for it, as in --out report.html." });
  const batch = await cmdlets.get(name);
  const users: MovedUser[] = [];
  for await (const user of cmdlets.users(batch.batchId)) {
    users.push(user);
    if (users.length % 500 === 0)
      terminal.progress(
        `Report of ${batch.name}`,
        `${number(users.length)} of ${number(batch.users)} users`,
        Math.floor((users.length * 100) / Math.max(batch.users, 1)),
        false,
      );
  }
  terminal.clearProgress();
  const counters = { before: notes.before(batch.batchId), now: await cmdlets.counters() };
  const made = moveReport(batch, users, counters);
  const text = await written(made, format, options, around);
  if (options.out === undefined) around.stdout.write(text);
  else {
    write(options.out, text);
    around.stderr.write(`The report is in ${resolve(options.out)}.\n`);
  }
  return EXIT.ok;
});

function reportFormat({ format, out, ...options }: ReportOptions, around: Surroundings): ReportFormat {
  if (format !== undefined) return format;
  const ending = extname(out ?? "").toLowerCase();
  const byName = ({ ".html": "html", ".htm": "html", ".csv": "csv", ".json": "json", ".yaml": "yaml", ".jsonl": "jsonl" } as const)[ending];
  return byName ?? (out === undefined || options.output !== undefined ? formatOf(options, around) : "table");
}

async function written(
  made: ReturnType<typeof moveReport>,
  format: ReportFormat,
  { query, out }: ReportOptions,
  around: Surroundings,
): Promise<string> {
  if (format === "html") return reportPage(made, Date.now());
  if (format === "csv") return table(made.users);
  if (format === "table" || format === "list") {
    const to = out === undefined ? around.stdout : { isTTY: false };
    return reportText(made, styleFor(to, around.environment), out === undefined ? columnsOf(around.stdout) : 100);
  }
  const whole = dated(made) as typeof made;
  return documentText(whole, { format, query, rows: whole.users });
}

/** As Export-Csv -NoTypeInformation has it; `move plan` reads it. */
async function table(users: readonly MovedUser[]): Promise<string> {
  const parts: string[] = [];
  const printer = new Printer({ format: "csv", width: 0, write: (text) => void parts.push(text) });
  for (const user of users) await printer.add(userObject(user));
  await printer.end();
  return parts.join("");
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Fault("move-report-unwritable", { path, reason: (error as Error).message }, { cause: error });
  }
}
