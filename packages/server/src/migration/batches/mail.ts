/**
 * Mail to whoever was moved: a template of the administrator's, filled in. That it is due is recorded with the move itself; it is
 * handed over under a key of its own, so that a mailer that was interrupted and is asked again sends it once.
 */

export interface Mail {
  /** The same for the same user of the same batch: what was taken under it before is not sent again. */
  key: string;
  /** An address of electronic mail. */
  to: string;
  subject: string;
  text: string;
}

export interface Mailer {
  /** Resolves when it is taken, or was before. */
  send(mail: Mail): Promise<void>;
}

export interface MailFacts {
  DisplayName: string;
  /** Without its scheme. */
  SipAddress: string;
  Target: string;
  /** `2020-08-05`. */
  Date: string;
}

const SUBJECT = /^Subject:[ \t]*(.*)\r?\n(?:\r?\n)?/i;
const DEFAULT_SUBJECT = "Your account was moved";

/** Fills {DisplayName}, {SipAddress}, {Target} and {Date}; other braces stay. A first line `Subject: ...` is the subject. */
export function fillMail(template: string, facts: MailFacts): Pick<Mail, "subject" | "text"> {
  const fill = (text: string): string =>
    text.replace(/\{(DisplayName|SipAddress|Target|Date)\}/g, (_whole, name: keyof MailFacts) => facts[name]);
  const head = SUBJECT.exec(template);
  return {
    // One line, whatever a display name holds.
    subject: fill(head?.[1] ?? DEFAULT_SUBJECT).replace(/\s+/g, " "),
    text: fill(head === null ? template : template.slice(head[0].length)),
  };
}
