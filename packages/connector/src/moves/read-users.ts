/**
 * The users that a file names, in any form in which administrators have them:
 *
 *     a table      Get-CsOnlineUser | Select-Object SipAddress, DisplayName | Export-Csv, with or without #TYPE and sep=
 *     a list       addresses, one a line or separated
 *     -UserList    sip:u1@contoso.com,sip:u2@contoso.com
 *
 * Each line that names nobody is a finding, and the rest goes on. Pure: bytes in, users and findings out, a piece at a
 * time. Memory is that of the addresses seen so far, which is how a duplicate is known.
 */
import { Fault, type FaultCode } from "@tieline/fault";
import { FileText } from "./file-text.ts";
import { LenientRows, LONGEST_LINE, type BrokenRow, type Row } from "./lenient-rows.ts";
import { addressedUser } from "./user-address.ts";
import { userColumns, type UserColumns } from "./user-columns.ts";

export interface ListedUser {
  line: number;
  /** As the pool's cmdlets take it. */
  identity: string;
  displayName: string | undefined;
}

/** What is wrong with a line, or worth knowing of the file. */
export interface FileFinding {
  line: number;
  severity: "error" | "warning";
  /** Of the catalogue's `move-files`. */
  code: FaultCode;
  text: string;
  cure: string;
}

/** What a piece of the file came to. */
export interface ReadUsers {
  users: ListedUser[];
  findings: FileFinding[];
}

const LONGEST_SHOWN = 80;

/**
 * @param path how the file is called in faults
 * @throws Fault `move-file-no-column`, `move-file-empty`
 * @example
 * ```ts
 * import { createReadStream } from "node:fs";
 * for await (const { users, findings } of readUsers(createReadStream("users.csv"), "users.csv")) console.log(users.length, findings);
 * ```
 */
export async function* readUsers(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<ReadUsers, void, undefined> {
  const text = new FileText();
  const reader = new UsersReader(path);
  let named = 0;
  const read = (piece: string, isLast: boolean): ReadUsers => {
    const found = reader.read(piece, isLast, text.guessed);
    named += found.users.length + found.findings.length;
    return found;
  };
  for await (const chunk of chunks) yield read(text.push(chunk), false);
  yield read(text.end(), true);
  if (named === 0) throw new Fault("move-file-empty", { path });
}

class UsersReader {
  readonly #path: string;
  readonly #seen = new Map<string, number>();
  #head = "";
  #headLine = 1;
  #separator: string | undefined;
  #columns: UserColumns | undefined;
  #rows: LenientRows | undefined;
  #list: ListItems | undefined;
  #guessTold = false;

  constructor(path: string) {
    this.#path = path;
  }

  read(text: string, isLast: boolean, guessed: boolean): ReadUsers {
    const found: ReadUsers = { users: [], findings: [] };
    if (guessed && !this.#guessTold) {
      this.#guessTold = true;
      const line = this.#rows?.line ?? this.#list?.line ?? this.#headLine;
      found.findings.push(finding(new Fault("move-file-encoding", { line }), line, "warning"));
    }
    const rest = this.#rows === undefined && this.#list === undefined ? this.#begin(text, isLast) : text;
    if (rest === undefined) return found;
    if (this.#rows !== undefined) {
      for (const row of [...this.#rows.push(rest), ...(isLast ? this.#rows.end() : [])]) this.#row(row, found);
    } else if (this.#list !== undefined) {
      for (const { line, item } of this.#list.push(rest, isLast)) this.#user(item, line, undefined, false, found);
    }
    return found;
  }

  /** Waits for the first line that says something; what comes after it is given back. */
  #begin(text: string, isLast: boolean): string | undefined {
    this.#head += text;
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.#head);
      if (end === null && !isLast && this.#head.length < LONGEST_LINE) return undefined;
      const line = end === null ? this.#head : this.#head.slice(0, end.index);
      const after = end === null ? "" : this.#head.slice(end.index + end[0].length);
      const told = /^\s*"?sep=(.)"?\s*$/i.exec(line)?.[1];
      if (told !== undefined) this.#separator = told;
      if (told === undefined && line.trim() !== "" && !line.trimStart().startsWith("#")) return this.#choose(line, after);
      if (end === null) return undefined;
      this.#head = after;
      this.#headLine += 1;
    }
  }

  #choose(line: string, after: string): string {
    this.#columns = userColumns(line, this.#separator);
    const text = this.#head;
    this.#head = "";
    if (this.#columns !== undefined) {
      this.#rows = new LenientRows(this.#columns.separator, this.#headLine + 1);
      return after;
    }
    if (!line.includes("@")) throw new Fault("move-file-no-column", { path: this.#path, head: shown(line) });
    this.#list = new ListItems(this.#headLine);
    return text;
  }

  #row(row: Row | BrokenRow, found: ReadUsers): void {
    const columns = this.#columns as UserColumns;
    const { line } = row;
    if ("broken" in row) {
      found.findings.push(finding(new Fault(row.broken === "quote" ? "move-row-quote" : "move-row-long", { line }), line));
      return;
    }
    const { fields } = row;
    // Separators that end a line add nothing.
    while (fields.length > columns.names.length && fields.at(-1)?.trim() === "") fields.pop();
    if (fields.length > columns.names.length) {
      found.findings.push(finding(new Fault("move-row-columns", { line, count: fields.length, columns: columns.names.length }), line));
      return;
    }
    const address = fields[columns.address]?.trim() ?? "";
    const displayName = columns.displayName === undefined ? undefined : fields[columns.displayName]?.trim();
    if (address === "") {
      const user = shown(displayName || fields.find((field) => field.trim() !== "") || "");
      found.findings.push(finding(new Fault("move-row-no-address", { line, column: columns.names[columns.address] ?? "", user }), line));
      return;
    }
    this.#user(address, line, displayName || undefined, columns.isIdentity, found);
  }

  #user(text: string, line: number, displayName: string | undefined, isIdentity: boolean, found: ReadUsers): void {
    const user = addressedUser(text, isIdentity);
    if (typeof user === "string") {
      found.findings.push(finding(new Fault(user, { line, user: shown(text) }), line));
      return;
    }
    const first = this.#seen.get(user.key);
    if (first !== undefined) {
      found.findings.push(finding(new Fault("move-row-duplicate", { line, user: shown(user.identity), first }), line, "warning"));
      return;
    }
    this.#seen.set(user.key, line);
    found.users.push({ line, identity: user.identity, displayName });
  }
}

/** Addresses that stand one a line, or between commas, semicolons and blanks; a line that begins with # is a remark. */
class ListItems {
  #line: number;
  #text = "";
  /** Something of the line was taken already. */
  #isWithin = false;

  constructor(line: number) {
    this.#line = line;
  }

  get line(): number {
    return this.#line;
  }

  *push(text: string, isLast: boolean): Generator<{ line: number; item: string }, void, undefined> {
    const all = this.#text + text;
    // A return at the end may be half of a line's end.
    const half = !isLast && all.endsWith("\r") ? "\r" : "";
    const lines = all.slice(0, all.length - half.length).split(/\r\n|\n|\r/);
    this.#text = half;
    for (const [i, line] of lines.entries()) {
      const isOpen = i === lines.length - 1 && !isLast;
      yield* this.#items(line, isOpen);
      if (isOpen) return;
      this.#line += 1;
      this.#isWithin = false;
    }
  }

  *#items(line: string, isOpen: boolean): Generator<{ line: number; item: string }, void, undefined> {
    if (!this.#isWithin && /^\s*(?:#|$)/.test(line)) {
      if (isOpen) this.#text = line.slice(0, LONGEST_LINE) + this.#text;
      return;
    }
    const items = line.split(/[,;\s"']+/);
    // What stands at the end may go on.
    if (isOpen) this.#text = (items.pop() ?? "").slice(0, LONGEST_LINE) + this.#text;
    this.#isWithin ||= items.length > 0;
    for (const item of items) if (item !== "") yield { line: this.#line, item };
  }
}

function finding(fault: Fault, line: number, severity: FileFinding["severity"] = "error"): FileFinding {
  return {
    line,
    severity,
    code: fault.code,
    text: fault.why === undefined ? fault.message : `${fault.message} ${fault.why}`,
    cure: fault.cure,
  };
}

/** Without what no terminal should get, and no longer than a line has room for. */
function shown(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\p{Cf}]/gu, "\ufffd");
  return plain.length > LONGEST_SHOWN ? `${plain.slice(0, LONGEST_SHOWN)}…` : plain;
}
