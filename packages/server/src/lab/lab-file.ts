/** What a lab tells its clients: `lab.json` in the data folder, with the name map, the authority and the accounts' names. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "@tieline/fault";
import { z } from "zod";
import type { Ports } from "./places.ts";

const LabFile = z.object({
  version: z.literal(1),
  ports: z.record(z.string(), z.number().int().min(1).max(65_535)),
  /** In the form of `--connect-to`. */
  names: z.array(z.string()),
  /** Path of the authority's certificate, below the folder. */
  authority: z.string(),
  /** Unix sockets or named pipes of the service; whoever may open one is the account that stands beside it. */
  sockets: z.array(z.object({ path: z.string(), user: z.string() })).optional(),
  /** SHA-256 fingerprint of the SSH host key, in OpenSSH's writing. */
  sshFingerprint: z.string().optional(),
});

export type LabDescription = Omit<z.infer<typeof LabFile>, "version" | "ports"> & { ports: Partial<Ports> };

const path = (folder: string): string => join(folder, "lab.json");

/** Undefined where the folder holds no lab. @throws Fault `lab-file-damaged` */
export function readLab(folder: string): LabDescription | undefined {
  if (!existsSync(path(folder))) return undefined;
  try {
    const { version: _, ...lab } = LabFile.parse(JSON.parse(readFileSync(path(folder), "utf8")));
    return lab as LabDescription;
  } catch (error) {
    throw new Fault("lab-file-damaged", { path: path(folder) }, { cause: error });
  }
}

/** Written aside and moved into place, so that a reader never sees half of it. */
export function writeLab(folder: string, lab: LabDescription): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const aside = `${path(folder)}.${process.pid}.new`;
  writeFileSync(aside, `${JSON.stringify({ version: 1, ...lab }, null, 2)}\n`, { mode: 0o600 });
  renameSync(aside, path(folder));
}
