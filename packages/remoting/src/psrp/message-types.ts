/**
 * Every message of the protocol, one row each ([MS-PSRP] 2.2.1, 2.2.2): its number, who receives it, whether it belongs
 * to the pool or to a pipeline, whether it carries data, and the pool states of the receiver in which it is taken.
 *
 * A client lets pass over what comes outside those states (late data of a server that was told to close is normal; a
 * state before the capability is dropped by PowerShell too); a server refuses it.
 */

/** Who receives: `both` travels in both directions. */
type Receiver = "client" | "server" | "both";

/**
 * The state of a pool at either end. The numbers that travel are those of PowerShell up to Broken; the others never
 * travel, and PowerShell and [MS-PSRP] number them differently (2.2.3.4).
 */
export type PoolState =
  | "before-open"
  | "opening"
  | "negotiated"
  | "opened"
  | "disconnecting"
  | "disconnected"
  | "reconnecting"
  | "connecting"
  | "closing"
  | "closed"
  | "broken";

export interface MessageRow {
  type: number;
  to: Receiver;
  scope: "pool" | "pipeline";
  /** Where the message may come without data. */
  empty?: true;
  /** The receiver's states. */
  states: readonly PoolState[];
}

/** A session in use, also one that is on its way to be left. */
const LIVE = ["opened", "disconnecting", "disconnected", "reconnecting", "closing"] as const;
/** What may come from a server while the pool is being made or used. */
const KNOWN = ["negotiated", "connecting", ...LIVE] as const;
/** What a server takes from its client. */
const SERVING = ["opened", "disconnected"] as const;

export const MESSAGES = {
  SESSION_CAPABILITY: {
    type: 0x0001_0002,
    to: "both",
    scope: "pool",
    states: ["before-open", "opening", "connecting", "opened", "disconnected"],
  },
  INIT_RUNSPACEPOOL: { type: 0x0001_0004, to: "server", scope: "pool", states: ["negotiated", "opened"] },
  PUBLIC_KEY: { type: 0x0001_0005, to: "server", scope: "pool", states: SERVING },
  ENCRYPTED_SESSION_KEY: { type: 0x0001_0006, to: "client", scope: "pool", states: LIVE },
  PUBLIC_KEY_REQUEST: { type: 0x0001_0007, to: "client", scope: "pool", empty: true, states: LIVE },
  CONNECT_RUNSPACEPOOL: { type: 0x0001_0008, to: "server", scope: "pool", states: ["connecting", "opened", "disconnected"] },
  SET_MAX_RUNSPACES: { type: 0x0002_1002, to: "server", scope: "pool", states: SERVING },
  SET_MIN_RUNSPACES: { type: 0x0002_1003, to: "server", scope: "pool", states: SERVING },
  RUNSPACE_AVAILABILITY: { type: 0x0002_1004, to: "client", scope: "pool", states: LIVE },
  RUNSPACEPOOL_STATE: { type: 0x0002_1005, to: "client", scope: "pool", states: KNOWN },
  CREATE_PIPELINE: { type: 0x0002_1006, to: "server", scope: "pipeline", states: SERVING },
  GET_AVAILABLE_RUNSPACES: { type: 0x0002_1007, to: "server", scope: "pool", states: SERVING },
  USER_EVENT: { type: 0x0002_1008, to: "client", scope: "pool", states: LIVE },
  APPLICATION_PRIVATE_DATA: { type: 0x0002_1009, to: "client", scope: "pool", states: KNOWN },
  GET_COMMAND_METADATA: { type: 0x0002_100a, to: "server", scope: "pipeline", states: SERVING },
  RUNSPACEPOOL_INIT_DATA: { type: 0x0002_100b, to: "client", scope: "pool", states: ["connecting", ...LIVE] },
  RESET_RUNSPACE_STATE: { type: 0x0002_100c, to: "server", scope: "pool", states: SERVING },
  RUNSPACEPOOL_HOST_CALL: { type: 0x0002_1100, to: "client", scope: "pool", states: KNOWN },
  RUNSPACEPOOL_HOST_RESPONSE: { type: 0x0002_1101, to: "server", scope: "pool", states: ["negotiated", ...SERVING] },
  PIPELINE_INPUT: { type: 0x0004_1002, to: "server", scope: "pipeline", empty: true, states: SERVING },
  END_OF_PIPELINE_INPUT: { type: 0x0004_1003, to: "server", scope: "pipeline", empty: true, states: SERVING },
  PIPELINE_OUTPUT: { type: 0x0004_1004, to: "client", scope: "pipeline", empty: true, states: LIVE },
  ERROR_RECORD: { type: 0x0004_1005, to: "client", scope: "pipeline", states: LIVE },
  PIPELINE_STATE: { type: 0x0004_1006, to: "client", scope: "pipeline", states: LIVE },
  DEBUG_RECORD: { type: 0x0004_1007, to: "client", scope: "pipeline", states: LIVE },
  VERBOSE_RECORD: { type: 0x0004_1008, to: "client", scope: "pipeline", states: LIVE },
  WARNING_RECORD: { type: 0x0004_1009, to: "client", scope: "pipeline", states: LIVE },
  PROGRESS_RECORD: { type: 0x0004_1010, to: "client", scope: "pipeline", states: LIVE },
  INFORMATION_RECORD: { type: 0x0004_1011, to: "client", scope: "pipeline", states: LIVE },
  PIPELINE_HOST_CALL: { type: 0x0004_1100, to: "client", scope: "pipeline", states: LIVE },
  PIPELINE_HOST_RESPONSE: { type: 0x0004_1101, to: "server", scope: "pipeline", states: SERVING },
} as const satisfies Record<string, MessageRow>;

/** The name of a message, as [MS-PSRP] 2.2.1 writes it. */
export type MessageName = keyof typeof MESSAGES;

const BY_TYPE = new Map<number, MessageName>(
  (Object.entries(MESSAGES) as [MessageName, MessageRow][]).map(([name, row]) => [row.type, name]),
);

/** The message with this number, or undefined where the protocol has none. */
export function messageName(type: number): MessageName | undefined {
  return BY_TYPE.get(type);
}
