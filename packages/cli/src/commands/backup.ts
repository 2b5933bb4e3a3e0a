/** `tieline backup` and `tieline restore`: a whole service in one file. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { backup as save, openArchive, readLab, restore as bringBack } from "@tieline/server";
import { Fault } from "@tieline/fault";
import { PsObject } from "@tieline/remoting/objects";
import { EXIT } from "../exit-code.ts";
import type { CommonOptions, Surroundings } from "../invocation.ts";
import { secretFrom } from "../passwords.ts";
import { printerFor } from "../printer-for.ts";
import { placeOf, type Place, type PlaceWords } from "./service-place.ts";

interface PlaceOptions extends CommonOptions, PlaceWords {
  passphraseFile?: string;
}

interface BackupOptions extends PlaceOptions {
  unencrypted?: boolean;
}

interface RestoreOptions extends PlaceOptions {
  replace?: boolean;
  check?: boolean;
}

const VARIABLE = "TIELINE_BACKUP_PASSPHRASE";
/** What the secrets in the database depend on, and what the service is. */
const FILES = ["keys", "authority", "tieline.json", "tieline.schema.json", "lab.json"];

/** A lab has a pool beside the service; a deployment is one of the two, as its configuration says. */
function sitesOf({ folder, databaseUrl, site }: Place): string[] {
  if (site !== undefined) return [site];
  if (databaseUrl !== undefined) return readLab(folder) === undefined ? ["online"] : ["online", "pool"];
  const found = ["online", "pool"].filter((site) => existsSync(join(folder, `${site}.db`)));
  return found.length === 0 ? ["online"] : found;
}

export async function backup(options: BackupOptions, around: Surroundings, file: string): Promise<number> {
  const place = placeOf(options, around.environment);
  const sites = sitesOf(place);
  const [site = "online"] = sites;
  if (place.databaseUrl === undefined && !existsSync(join(place.folder, `${site}.db`))) throw new Fault("store-empty", { site });
  if (existsSync(file)) throw new Fault("usage", { what: `${file} exists already.`, hint: "Choose another name for the backup." });
  const passphrase =
    options.unencrypted === true
      ? undefined
      : await secretFrom({ file: options.passphraseFile, variable: VARIABLE, question: "Passphrase for the backup", isNew: true }, around);
  const summary = await save(file, { ...place, sites, files: FILES, passphrase, nowMs: Date.now(), ...progressOn(around) });
  clear(around);
  if (passphrase === undefined)
    around.stderr.write("The backup is not encrypted: it holds no keys, and hashes of passwords that others should not read.\n");
  const printer = printerFor(options, around);
  await printer.add(
    PsObject.of({
      File: resolve(file),
      Sites: [...summary.sites],
      Rows: summary.rows,
      Files: summary.files,
      Encrypted: passphrase !== undefined,
    }),
  );
  await printer.end();
  return EXIT.ok;
}

export async function restore(options: RestoreOptions, around: Surroundings, file: string): Promise<number> {
  const place = placeOf(options, around.environment);
  const { head } = await openArchive(file);
  const passphrase = head.sealed
    ? await secretFrom({ file: options.passphraseFile, variable: VARIABLE, question: "Passphrase of the backup", isNew: false }, around)
    : undefined;
  const summary = await bringBack(file, {
    ...place,
    passphrase,
    replace: options.replace === true,
    checkOnly: options.check === true,
    nowMs: Date.now(),
    ...progressOn(around),
  });
  clear(around);
  const printer = printerFor(options, around);
  await printer.add(
    PsObject.of({
      File: resolve(file),
      Made: head.made,
      Sites: [...summary.sites],
      Rows: summary.rows,
      Files: summary.files,
      Restored: options.check !== true,
      SavedTo: [...summary.savedTo],
    }),
  );
  await printer.end();
  return EXIT.ok;
}

function progressOn({ stderr }: Surroundings): { onProgress?: (rows: number) => void } {
  return stderr.isTTY ? { onProgress: (rows) => void stderr.write(`\r\u001b[K${rows} rows`) } : {};
}

function clear({ stderr }: Surroundings): void {
  if (stderr.isTTY) stderr.write("\r\u001b[K");
}
