import { CATALOGUE, type FaultCode, type FaultFields } from "./catalogue.ts";
import type { Blame, FaultEntry, Layer } from "./entry.ts";
import { fill, placeholders } from "./template.ts";

/** What `Fault` accepts beside its fields. */
export interface FaultOptions {
  /** The error below this one; kept for the log, never shown to a peer. */
  cause?: unknown;
  /** The exact text of a peer, where it says more than ours; must hold no secret. */
  said?: string;
}

/**
 * An error of the catalogue. Match on `code`; the texts are computed from `fields` and may be reworded.
 *
 * Fields never hold a secret (password, token, key): they are shown, logged and sent.
 *
 * @example
 * ```ts
 * const fault = new Fault("shell-quota-user", { limit: 3 });
 * fault.code; // "shell-quota-user"
 * fault.layer; // "limit"
 * fault.message; // "The WS-Management service cannot process the request. The maximum number of ..."
 * ```
 */
export class Fault<C extends FaultCode = FaultCode> extends Error {
  readonly code: C;
  readonly fields: FaultFields<C>;
  /** The peer's own words, if the fault was recognised from them. */
  readonly said: string | undefined;

  constructor(code: C, ...[fields, options]: FaultArguments<C>) {
    const values = (fields ?? {}) as Record<string, string | number>;
    const entry: FaultEntry = CATALOGUE[code];
    super(fill(entry.text, values), options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.fields = values as FaultFields<C>;
    this.said = options?.said;
  }

  get entry(): FaultEntry {
    return CATALOGUE[this.code];
  }

  get blame(): Blame {
    return this.entry.blame;
  }

  get layer(): Layer {
    return this.entry.layer;
  }

  /** Why it happens, or undefined where the message says it. */
  get why(): string | undefined {
    const why = this.entry.why;
    const fields = this.fields as Record<string, string | number>;
    // Of a fault that was recognised, not every fact is known: then half a reason is none.
    return why === undefined || placeholders(why).some((name) => fields[name] === "?") ? undefined : fill(why, fields);
  }

  /** What the administrator should do. */
  get cure(): string {
    return fill(this.entry.cure, this.fields as Record<string, string | number>);
  }

  /** True for a fault of the given code; narrows the fields. */
  is<K extends FaultCode>(code: K): this is Fault<K> {
    return (this.code as FaultCode) === code;
  }

  /** For `-o json` and logs: no stack, no cause. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      layer: this.layer,
      blame: this.blame,
      message: this.message,
      ...(this.why === undefined ? {} : { why: this.why }),
      cure: this.cure,
      fields: this.fields,
      ...(this.said === undefined ? {} : { said: this.said }),
    };
  }
}

type FaultArguments<C extends FaultCode> = [FaultFields<C>] extends [Record<string, never>]
  ? [fields?: FaultFields<C> | undefined, options?: FaultOptions]
  : [fields: FaultFields<C>, options?: FaultOptions];

/** Narrows anything that was thrown; also true across copies of this package. */
export function isFault(error: unknown): error is Fault {
  return (
    error instanceof Fault || (error instanceof Error && error.name === "Fault" && "code" in error && (error.code as string) in CATALOGUE)
  );
}

/**
 * The fault that an unknown error stands for: itself if it is one, else `internal`, with the error as cause.
 * Every edge that must answer a peer or a person goes through here, so that no stack trace ever leaves.
 */
export function asFault(error: unknown): Fault {
  return isFault(error) ? error : new Fault("internal", { what: error instanceof Error ? error.name : typeof error }, { cause: error });
}
