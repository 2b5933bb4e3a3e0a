/** What a command puts out, in the format that its user asked for. */
import { formatOf, type CommonOptions, type Surroundings } from "./invocation.ts";
import { Printer, type PrinterOptions } from "./output/printer.ts";
import { columnsOf } from "./output/terminal.ts";

/** @param results what a cmdlet's results have besides, and a command's word of itself has not: views and remarks */
export function printerFor(
  options: CommonOptions,
  around: Surroundings,
  results: Pick<PrinterOptions, "viewOf" | "listOf" | "remark"> = {},
): Printer {
  return new Printer({
    format: formatOf(options, around),
    width: columnsOf(around.stdout),
    write: (text) => writeAll(around.stdout, text),
    ...(options.query === undefined ? {} : { query: options.query }),
    ...results,
  });
}

/** Waits for room, so that a slow reader of stdout slows the service and fills no memory. */
function writeAll(stream: NodeJS.WritableStream, text: string): Promise<void> | void {
  if (stream.write(text)) return undefined;
  return new Promise((resolve) => stream.once("drain", resolve));
}
