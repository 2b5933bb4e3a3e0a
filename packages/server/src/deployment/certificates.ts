/**
 * The certificate of a deployment: read, checked before it is used, read again when the files change, and warned about
 * before it lapses. A pair that does not fit is refused and the one in use goes on.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { Fault, isFault } from "@tieline/fault";
import { readTextFile } from "../text-file.ts";

export interface CertificateFiles {
  certificate: string;
  key: string;
}

export interface CertificatePair {
  /** PEM. */
  cert: string;
  key: string;
  notBeforeMs: number;
  notAfterMs: number;
  subject: string;
}

const DAY_MS = 86_400_000;

/**
 * @param names the names under which clients come; the certificate must be made out to each
 * @throws Fault `file-unreadable`, `certificate-unusable`
 */
export function readCertificate(files: CertificateFiles, names: readonly string[], nowMs: number): CertificatePair {
  const cert = readTextFile(files.certificate);
  const key = readTextFile(files.key);
  const refuse = (reason: string, cause?: unknown): Fault =>
    new Fault("certificate-unusable", { path: files.certificate, reason }, cause === undefined ? undefined : { cause });
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
  } catch (error) {
    throw refuse("it holds no certificate in PEM form", error);
  }
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(key))) throw refuse(`the key in ${files.key} belongs to another certificate`);
  } catch (error) {
    throw isFault(error) ? error : refuse(`the key in ${files.key} cannot be read; it must be PEM without a passphrase`, error);
  }
  if (process.platform !== "win32" && (statSync(files.key).mode & 0o077) !== 0)
    throw refuse(`others than its owner may read the key in ${files.key}; chmod 600 it`);
  const missing = [...new Set(names)].filter((name) => leaf.checkHost(name) === undefined);
  if (missing.length > 0) throw refuse(`it is not made out to ${missing.join(", ")}`);
  const notBeforeMs = Date.parse(leaf.validFrom);
  const notAfterMs = Date.parse(leaf.validTo);
  if (nowMs > notAfterMs) throw refuse(`it lapsed on ${new Date(notAfterMs).toISOString()}`);
  if (nowMs < notBeforeMs) throw refuse(`it is not valid before ${new Date(notBeforeMs).toISOString()}; check this machine's clock`);
  return { cert, key, notBeforeMs, notAfterMs, subject: leaf.subject };
}

/** Whole days until it lapses, 0 on its last day, negative afterwards. */
export function daysLeft(pair: Pick<CertificatePair, "notAfterMs">, nowMs: number): number {
  return Math.floor((pair.notAfterMs - nowMs) / DAY_MS);
}

export interface WatchOptions {
  files: CertificateFiles;
  names: readonly string[];
  warnDays: number;
  nowMs: () => number;
  /** Calls again and again, until the function that comes back is called. */
  every: (work: () => void) => () => void;
  /** Another pair is to be used from now on. */
  renewed: (pair: CertificatePair) => void;
  /** What a person should read. */
  say: (level: "info" | "warn" | "error", text: string, facts: Record<string, unknown>) => void;
}

/** Keeps the pair; `look` is called by the clock, and can be called by a signal. */
export class CertificateWatch {
  readonly #options: WatchOptions;
  readonly #stop: () => void;
  #pair: CertificatePair;
  #seen: string;
  #warnedOn = -1;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#seen = stamp(options.files);
    this.#pair = readCertificate(options.files, options.names, options.nowMs());
    this.#warn();
    this.#stop = options.every(() => this.look());
  }

  get pair(): CertificatePair {
    return this.#pair;
  }

  stop(): void {
    this.#stop();
  }

  /** Reads the files again where they have changed. */
  look(): void {
    const { files, names, nowMs, renewed, say } = this.#options;
    const seen = stamp(files);
    if (seen !== this.#seen) {
      this.#seen = seen;
      try {
        const pair = readCertificate(files, names, nowMs());
        // Both files change one after the other: the first of them alone does not fit, and is tried again with the second.
        if (pair.cert !== this.#pair.cert || pair.key !== this.#pair.key) {
          this.#pair = pair;
          this.#warnedOn = -1;
          renewed(pair);
          say("info", "another certificate is in use", { subject: pair.subject, until: new Date(pair.notAfterMs).toISOString() });
        }
      } catch (error) {
        if (!isFault(error)) throw error;
        say("error", "the certificate was changed and cannot be used; the old one stays in use", {
          code: error.code,
          reason: error.message,
        });
      }
    }
    this.#warn();
  }

  /** Once a day. */
  #warn(): void {
    const { warnDays, nowMs, say, files } = this.#options;
    const days = daysLeft(this.#pair, nowMs());
    if (days > warnDays || days === this.#warnedOn) return;
    this.#warnedOn = days;
    const text = days < 0 ? "the certificate has lapsed: clients refuse it" : `the certificate lapses in ${days} days`;
    say(days < 0 ? "error" : "warn", text, { path: files.certificate, until: new Date(this.#pair.notAfterMs).toISOString() });
  }
}

/** Something that changes when either file does, also behind a link that is put over to another folder. */
function stamp({ certificate, key }: CertificateFiles): string {
  return [certificate, key]
    .map((path) => {
      const facts = statSync(path, { throwIfNoEntry: false });
      return facts === undefined ? "-" : `${facts.ino}/${facts.mtimeMs}/${facts.size}`;
    })
    .join(" ");
}
