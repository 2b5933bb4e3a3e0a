/** A folder in a mailer's place: one file a mail, named by its key, so that the same mail is there once whoever writes it. */
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mail, Mailer } from "./mail.ts";

export class MailOutbox implements Mailer {
  readonly #folder: string;
  readonly #nowMs: () => number;
  constructor(folder: string, nowMs: () => number) {
    this.#folder = folder;
    this.#nowMs = nowMs;
  }

  async send(mail: Mail): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const name = `mail-${mail.key.replace(/[^\w.-]/g, "_")}`;
    const draft = join(this.#folder, `.${name}.${process.pid}.draft`);
    const body = { to: mail.to, subject: mail.subject, at: new Date(this.#nowMs()).toISOString(), text: mail.text };
    writeFileSync(draft, `${JSON.stringify(body, undefined, 2)}\n`, { mode: 0o600 });
    try {
      // Whole or not at all, and never a second time.
      linkSync(draft, join(this.#folder, `${name}.json`));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
}
