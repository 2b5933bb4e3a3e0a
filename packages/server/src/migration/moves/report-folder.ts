/** The folder in which a deployment keeps reports: a name in it, and no way out of it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "@tieline/fault";

const NAME = /^[^\\/:*?"<>|\p{Cc}]{1,120}$/u;

/**
 * @param name a file's name; of a path, as scripts give it, the last part
 * @throws Fault `report-name`
 */
export function reportName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? "";
  if (!NAME.test(last) || /^\.+$/.test(last)) throw new Fault("report-name", { name: name.slice(0, 200) });
  return last;
}

/** @returns the whole path @throws Fault `report-name`, `report-unwritable` */
export async function writeReport(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, reportName(name));
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(path, text, { mode: 0o600 });
  } catch (cause) {
    throw new Fault("report-unwritable", { path, reason: (cause as Error).message }, { cause });
  }
  return path;
}
