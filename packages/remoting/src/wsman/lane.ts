/**
 * A lane of the client: what is to be done for the shell, or for one command, one after the other; and the Receive that
 * is kept open beside it. The theory stands in `client-session.ts`.
 */
import type { StreamPart } from "./body/command.ts";
import type { OperationName, Requests } from "./operation.ts";
import type { WsmanOption } from "./soap/envelope.ts";

/** Something that is to be asked. */
export interface Job {
  kind: "create" | "connect" | "config" | "command" | "send" | "signal" | "terminate" | "disconnect" | "reconnect" | "delete";
  body?: Requests[OperationName];
  options?: readonly WsmanOption[];
  /** For Send: what may still be joined by the next one. */
  part?: StreamPart;
}

export class Lane {
  /** What we call the command; undefined for the shell. */
  readonly command: string | undefined;
  /** What the service calls it; undefined until it has said so. */
  commandId: string | undefined;
  jobs: Job[] = [];
  /** The request on its way. */
  busy: number | undefined;
  /** The Receive on its way. */
  poll: number | undefined;
  /** A Receive that was asked and not answered, to be asked again as it was. */
  unanswered: Uint8Array | undefined;
  /** Whether a Receive is to be kept open. */
  polling = false;

  constructor(command?: string) {
    this.command = command;
  }

  /** How requests name the command: nothing for the shell. */
  get named(): { commandId?: string } {
    const id = this.commandId ?? this.command;
    return id === undefined ? {} : { commandId: id };
  }

  has(kind: Job["kind"]): boolean {
    return this.jobs.some((job) => job.kind === kind);
  }

  /** Drops what waits, and reads no more. */
  end(...last: Job[]): void {
    this.polling = false;
    this.jobs = last;
  }

  /** Takes what fits one Send with this part: neighbours on the same stream, up to `most` bytes, not beyond its end. */
  join(first: StreamPart, most: number): StreamPart {
    const parts = [first.bytes];
    let size = first.bytes.length;
    let end = first.end === true;
    let taken = 0;
    while (!end) {
      const next = this.jobs[taken];
      if (next?.kind !== "send" || next.part === undefined || next.part.name !== first.name) break;
      size += next.part.bytes.length;
      if (size > most) break;
      parts.push(next.part.bytes);
      end = next.part.end === true;
      taken += 1;
    }
    this.jobs.splice(0, taken);
    const bytes = parts.length === 1 ? first.bytes : Buffer.concat(parts);
    return { name: first.name, bytes, ...(end ? { end } : {}) };
  }
}
