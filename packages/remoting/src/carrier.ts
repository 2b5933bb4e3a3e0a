/**
 * What a PSRP pool and its carrier (WS-Management, or the out-of-process framing) say to each other. Both are pure:
 * the pool hands out actions, the carrier turns them into envelopes or packets and hands back what arrived.
 *
 * Ids are lower-case GUIDs with dashes. Bytes are whole fragments, one or more, each no larger than the fragment size
 * that the carrier set; neighbouring actions for the same pipeline and stream may be joined by the carrier.
 */

/** Two ways into a pipeline or pool: `default` for everything, `prompt-response` for the answers to host calls ("pr" in WS-Management). */
export type InboundStream = "default" | "prompt-response";

/** What the client end of a pool asks of its carrier, in order. */
export type ClientAction =
  /** Open the shell with SESSION_CAPABILITY and INIT_RUNSPACEPOOL. */
  | { do: "create"; bytes: Uint8Array }
  /** Attach to an existing shell with SESSION_CAPABILITY and CONNECT_RUNSPACEPOOL. */
  | { do: "connect"; bytes: Uint8Array }
  /** Start a pipeline; `bytes` is the first fragment, the others follow as `send`. `text` is what the command says, for carriers that show it. */
  | { do: "command"; pipeline: string; bytes: Uint8Array; text: string }
  /** Attach to a running pipeline of a connected shell. */
  | { do: "connect-command"; pipeline: string }
  | { do: "send"; pipeline: string | undefined; stream: InboundStream; bytes: Uint8Array }
  /** Ask the pipeline to stop; its end still arrives as PIPELINE_STATE. */
  | { do: "stop"; pipeline: string }
  /** The pipeline's end was seen, or nobody wants it any more: let the carrier forget it. */
  | { do: "terminate"; pipeline: string }
  | { do: "disconnect"; idleTimeoutMs?: number }
  | { do: "reconnect" }
  /** Close the shell. */
  | { do: "delete" };

/**
 * What the server end of a pool asks of its carrier, in order. The answer to a client that connects from elsewhere is no
 * action: the server's `connect(bytes)` gives it, or throws why not.
 */
export type ServerAction =
  /** One fragment. */
  | { do: "data"; pipeline: string | undefined; bytes: Uint8Array }
  /** All of the pipeline's data was handed out. */
  | { do: "done"; pipeline: string }
  /** The pool is closed; the carrier may drop the shell after the data before this. */
  | { do: "closed" };
