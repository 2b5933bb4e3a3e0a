/**
 * The file of a backup: one line of JSON that says what it is, then the records, a line each, compressed and, under a
 * passphrase, sealed. Written aside, synced and moved into place: a backup that is there is whole.
 */
import { createReadStream, createWriteStream, renameSync, rmSync } from "node:fs";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { asFault, Fault, isFault } from "@tieline/fault";
import { z } from "zod";
import { parseRecord, serializeRecord, type BackupRecord } from "./records.ts";
import { newSeal, opened, sealed, type SealParameters } from "./seal.ts";

const Head = z.object({
  tieline: z.literal("backup"),
  version: z.literal(1),
  /** ISO 8601, UTC. */
  made: z.string(),
  sites: z.array(z.string()),
  seal: z.object({ kdf: z.literal("scrypt"), n: z.number(), r: z.number(), p: z.number(), salt: z.string() }).nullable(),
});

export interface BackupHead {
  made: string;
  sites: readonly string[];
  sealed: boolean;
}

const MAX_HEAD = 64 * 1024;
/** A page of 500 rows with large JSON columns. */
const MAX_LINE = 256 * 1024 * 1024;

/**
 * Writes what `fill` hands over.
 *
 * @throws Fault `backup-unwritable`, and what `fill` throws; then no file is left behind
 */
export async function writeArchive(
  file: string,
  facts: { made: string; sites: readonly string[]; passphrase?: string | undefined },
  fill: (take: (record: BackupRecord) => Promise<void>) => Promise<void>,
): Promise<void> {
  const seal: SealParameters | null = facts.passphrase === undefined ? null : newSeal();
  const aside = `${file}.${process.pid}.new`;
  const gzip = createGzip();
  const head = { tieline: "backup", version: 1, made: facts.made, sites: [...facts.sites], seal };
  const body = seal === null ? gzip : sealed(gzip, facts.passphrase as string, seal);
  const out = createWriteStream(aside, { mode: 0o600, flags: "wx", flush: true });
  const written = pipeline(withHead(Buffer.from(`${JSON.stringify(head)}\n`), body), out);
  const filled = fill((record) => put(gzip, serializeRecord(record))).then(
    () => void gzip.end(),
    (error: unknown) => {
      gzip.destroy(asFault(error));
      throw error;
    },
  );
  // Where the file fails, so does whoever fills it: the file's own error is the one that says why.
  written.catch(() => gzip.destroy());
  const failed = (await Promise.allSettled([written, filled])).find((each) => each.status === "rejected");
  if (failed === undefined) return renameSync(aside, file);
  // It may be opened only now.
  if (!out.closed) await new Promise((resolve) => out.once("close", resolve));
  rmSync(aside, { force: true });
  const error: unknown = failed.reason;
  const code = isFault(error) ? undefined : (error as NodeJS.ErrnoException).code;
  throw code === undefined ? error : new Fault("backup-unwritable", { file, reason: code }, { cause: error });
}

async function* withHead(head: Uint8Array, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* body;
}

/** Resolves when the stream has taken the text, so that no more than one record waits; rejects when it is no more. */
function put(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

export interface OpenArchive {
  readonly head: BackupHead;
  /** The records in order, checked one by one; the last is `end`, or it throws. */
  records(passphrase: string | undefined): AsyncGenerator<BackupRecord>;
}

/** @throws Fault `file-unreadable`, `backup-unknown` */
export async function openArchive(file: string): Promise<OpenArchive> {
  const { head, length } = await readHead(file);
  return {
    head: { made: head.made, sites: head.sites, sealed: head.seal !== null },
    records: (passphrase) => records(file, length, head.seal, passphrase),
  };
}

async function readHead(file: string): Promise<{ head: z.infer<typeof Head>; length: number }> {
  let bytes = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file, { end: MAX_HEAD }) as AsyncIterable<Buffer>) {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.includes(10)) break;
    }
  } catch (error) {
    throw new Fault("file-unreadable", { path: file, reason: (error as Error).message }, { cause: error });
  }
  const end = bytes.indexOf(10);
  try {
    return { head: Head.parse(JSON.parse(bytes.subarray(0, Math.max(0, end)).toString("utf8"))), length: end + 1 };
  } catch (error) {
    throw new Fault("backup-unknown", { file }, { cause: error });
  }
}

async function* records(
  file: string,
  from: number,
  seal: SealParameters | null,
  passphrase: string | undefined,
): AsyncGenerator<BackupRecord> {
  const bytes = createReadStream(file, { start: from });
  if (seal !== null && passphrase === undefined) throw new Fault("backup-passphrase", { file });
  const body = seal === null ? bytes : Readable.from(opened(bytes, passphrase as string, seal, file));
  const gunzip = createGunzip();
  body.on("error", (error) => gunzip.destroy(error));
  let ended = false;
  try {
    for await (const line of lines(body.pipe(gunzip) as AsyncIterable<Buffer>, file)) {
      if (ended) throw new Fault("backup-damaged", { file, reason: "something follows its end" });
      const record = parseRecord(line, file);
      ended = record.kind === "end";
      yield record;
    }
  } catch (error) {
    if (isFault(error)) throw error;
    throw new Fault("backup-damaged", { file, reason: (error as Error).message }, { cause: error });
  } finally {
    bytes.destroy();
    gunzip.destroy();
  }
  if (!ended) throw new Fault("backup-damaged", { file, reason: "it is cut off" });
}

async function* lines(source: AsyncIterable<Buffer>, file: string): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString("utf8");
      parts = [];
      size = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > MAX_LINE) throw new Fault("backup-damaged", { file, reason: "a record has no end" });
  }
  if (size > 0) throw new Fault("backup-damaged", { file, reason: "it is cut off" });
}
