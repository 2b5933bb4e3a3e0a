/** What the service end of WS-Management says to its host, and what it is told by it. */
import type { ClientAction } from "../carrier.ts";
import type { Fault } from "@tieline/fault";
import type { WsmanOption } from "./soap/envelope.ts";

/** Who asks, as the edge has found out. */
export interface ServerIdentity {
  /** Two requests with the same key come from the same principal; shells belong to it. Shown nowhere. */
  key: string;
  /** For rsp:Owner. */
  name: string;
  /** For rsp:ClientIP. */
  address?: string;
}

/** A request as the edge hands it over: authenticated and, where it came sealed, opened. */
export interface ServerRequest {
  /** The edge's own number; the answer bears it. */
  id: number;
  /** Undefined for an anonymous request: then Identify is all it may ask. */
  identity?: ServerIdentity;
  body: Uint8Array;
  /** The address asked for, scheme and all; goes into the answer to Create, and to the host with `open`. */
  url?: string;
}

/** An answer to be sent with `Content-Length` and the content type `SOAP_CONTENT_TYPE`, never chunked. */
export interface ServerAnswer {
  id: number;
  status: 200 | 500;
  body: Uint8Array;
  /** The fault that it tells, for log and audit. */
  fault?: Fault;
}

/** What a shell is to be: everything that the host needs to decide and to build. */
export interface ShellRequest {
  kind: "powershell" | "cmd";
  /** The session configuration; empty for the command shell. */
  configuration: string;
  resourceUri: string;
  identity: ServerIdentity;
  url: string | undefined;
  name: string | undefined;
  options: readonly WsmanOption[];
  locale: string | undefined;
  dataLocale: string | undefined;
  /** The largest fragment that fits the client's envelopes; at most 32 KiB, as Windows has it. */
  fragmentSize: number;
  environment: Readonly<Record<string, string>> | undefined;
  workingDirectory: string | undefined;
}

/** What a command shell is asked to do ([MS-WSMV] 2.2.4.6). */
export type WinrsAction =
  | {
      do: "command";
      command: string;
      /** As the client wrote it; quotes and all. */
      line: string;
      arguments: readonly string[];
      /** False: the program reads from a pipe. */
      consoleInput: boolean;
      /** True: start the program itself, not through the command interpreter. */
      skipShell: boolean;
    }
  | { do: "stdin"; command: string; bytes: Uint8Array; end: boolean }
  | { do: "signal"; command: string; signal: "ctrl_c" | "ctrl_break" }
  /** Nobody wants it any more: end it, whatever it does. */
  | { do: "terminate"; command: string }
  | { do: "delete" };

/** What a command shell answers. */
export type WinrsOutput =
  | { do: "output"; command: string; stream: "stdout" | "stderr"; bytes: Uint8Array }
  | { do: "exit"; command: string; code: number };

export type CloseReason = "deleted" | "ended" | "idle" | "refused" | "abandoned" | "closed";

export type ServerEvent =
  /** Answer with `accept` or `refuse`. */
  | {
      event: "open";
      shell: string;
      request: ShellRequest;
      /** What the pool will open with, for a host that must look before it accepts. */ creationXml?: Uint8Array;
    }
  /** For the shell's pool. `connect` is answered with `connected` or `refuseConnect`, the others with `perform`, now or later. */
  | { event: "action"; shell: string; action: ClientAction }
  | { event: "winrs"; shell: string; action: WinrsAction }
  /** So much waits to be fetched that the pipeline (undefined: the pool) should pause; or no longer. */
  | { event: "pressure"; shell: string; pipeline: string | undefined; high: boolean }
  /** The shell is gone; nothing more is said of it. */
  | { event: "closed"; shell: string; reason: CloseReason };
