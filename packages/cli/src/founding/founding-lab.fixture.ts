/**
 * A lab in which the founding documents' situations are brought about, and the command line as their readers use it: what
 * a command said is pasted into `tieline explain`, and `tieline doctor` is asked about the same account.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { startLab, type BreakName, type RunningLab } from "@tieline/server";
import { runMain, type Ran } from "../run-main.fixture.ts";

export const ADMIN = "admin@contoso.com";

interface Told {
  /** Of the catalogue. */
  code: string;
  /** What the document says word for word, or what must be there. */
  text: string | RegExp;
  /** The stage's words; left out where the command has none. */
  stage?: string;
  cure: string | RegExp;
  exit: number;
  /** The entry by which what was said is known, where that is a nearer one than the fault. */
  known?: string;
}

export class FoundingLab implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "tieline-founding-"));
  #lab: RunningLab | undefined;

  /** Starts it, anew if it runs, with what is broken on purpose. */
  async start(breaks: readonly BreakName[] = [], limits: Parameters<typeof startLab>[0]["limits"] = {}, users = 3): Promise<RunningLab> {
    await this.#lab?.[Symbol.asyncDispose]();
    this.#lab = undefined;
    this.#lab = await startLab({ folder: join(this.folder, "lab"), users, breaks, limits });
    return this.#lab;
  }

  get lab(): RunningLab {
    return this.#lab as RunningLab;
  }

  tieline(words: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string): Promise<Ran> {
    return runMain(words, { state: join(this.folder, "state"), env, ...(input === undefined ? {} : { input }) });
  }

  /** A cmdlet by an account of the lab; the options stand before it. */
  invoke(user: string, words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.tieline(["invoke", "--data", this.lab.folder, "--user", user, ...words, "Get-CsTenant | Select-Object DisplayName"], env);
  }

  /** The codes of the doctor's errors, and its exit code. */
  async doctor(subject: string, words: readonly string[] = []): Promise<{ code: number; found: string; findings: unknown[] }> {
    const { code, out } = await this.tieline(["doctor", subject, "--data", this.lab.folder, "--json", ...words], {
      TIELINE_TOKEN_CACHE: "memory",
    });
    const { findings } = JSON.parse(out) as { findings: { verdict: string; text: string; cause?: string; cure?: string }[] };
    const errors = findings.filter(({ verdict }) => verdict === "error");
    return { code, found: errors.map(({ text, cause, cure }) => [text, cause, cure].join("\n")).join("\n"), findings: errors };
  }

  /** The entry by which `tieline explain` knows a text, as it is pasted. */
  async explained(text: string): Promise<{ code: string; cure: string; commands: string[] }> {
    const { code, out } = await this.tieline(["explain", "-o", "json", "-"], {}, text);
    const [first] = (JSON.parse(out) as { findings: { code: string; cure: string; commands: string[] }[] }).findings;
    expect([code, first !== undefined], text).toEqual([0, true]);
    return first as { code: string; cure: string; commands: string[] };
  }

  /** What the reader sees is the document's text with stage, cause or the service's words, and cure; and pasted, it is known. */
  async expectTold(ran: Ran, { code, text, stage, cure, exit, known = code }: Told): Promise<void> {
    expect(ran.code, ran.err).toBe(exit);
    expect(ran.err).toMatch(new RegExp(`^error ${code}: `, "m"));
    if (typeof text === "string") expect(ran.err).toContain(text);
    else expect(ran.err).toMatch(text);
    if (stage !== undefined) expect(ran.err).toContain(`stage: ${stage}\n`);
    expect(ran.err).toMatch(/^ {2}(cause|cause 1|said):/m);
    const told = /^ {2}cure: +(.*)$/m.exec(ran.err)?.[1] ?? "";
    expect(told).toMatch(cure);
    expect((await this.explained(ran.err)).code).toBe(known);
  }

  /** One statement on the service's own database, as an operator of the service would. */
  sql(statement: string, ...values: (string | number)[]): void {
    using database = new DatabaseSync(join(this.lab.folder, "online.db"));
    database.prepare(statement).run(...values);
  }

  /** What an operator does who wants more of an account than its password, from the next sign-in in a browser on. */
  enableSecondFactor(user: string): void {
    this.sql(
      `insert into mfa_accounts (account_id, tenant_id, state, register_again, failed_count, messages, changed_ms)
       select account_id, tenant_id, 'Enabled', 0, 0, 0, 0 from accounts where upn = ?`,
      user,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab?.[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
