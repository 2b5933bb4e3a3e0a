/** Whom a command line names: a file, a list, addresses, or a filter that the pool looks up. */
import { createReadStream } from "node:fs";
import { readUsers, type FileFinding } from "@tieline/connector";
import { Fault, isFault } from "@tieline/fault";
import type { Surroundings } from "./invocation.ts";

export interface UserOptions {
  file?: string;
  list?: string;
  users?: string[];
  filter?: string;
}

export interface NamedUsers {
  /** Where they come from, for the name of the batch. */
  source: string;
  identities: string[];
  /** The pool looks up who that is. */
  filter: string | undefined;
  findings: FileFinding[];
}

export function namesUsers(options: UserOptions, file?: string): boolean {
  return [file, options.file, options.list, options.users, options.filter].some((each) => each !== undefined);
}

/** @throws Fault `usage`, `file-unreadable`, `move-file-empty`, `move-file-no-column`, `interrupted` */
export async function namedUsers(options: UserOptions, file: string | undefined, { stdin, signal }: Surroundings): Promise<NamedUsers> {
  const path = file ?? options.file ?? options.list;
  const ways = [file, options.file, options.list, options.users, options.filter].filter((each) => each !== undefined);
  if (ways.length !== 1) {
    throw new Fault("usage", {
      what: ways.length === 0 ? "Who is to be moved was not said." : "Who is to be moved was said in several ways.",
      hint: "Name a file, or give one of --list FILE, --users ADDRESS,ADDRESS and --filter FILTER.",
    });
  }
  const { users, filter } = options;
  if (filter !== undefined) return { source: "filter", identities: [], filter, findings: [] };
  const bytes = path === undefined ? [Buffer.from((users ?? []).join("\n"))] : path === "-" ? stdin : createReadStream(path, { signal });
  const named: NamedUsers = { source: path ?? "users", identities: [], filter: undefined, findings: [] };
  try {
    for await (const found of readUsers(bytes as AsyncIterable<Uint8Array>, path ?? "--users")) {
      for (const { identity } of found.users) named.identities.push(identity);
      named.findings.push(...found.findings);
    }
  } catch (error) {
    if (isFault(error) || path === undefined) throw error;
    signal.throwIfAborted();
    throw new Fault("file-unreadable", { path, reason: (error as Error).message }, { cause: error });
  }
  return named;
}
