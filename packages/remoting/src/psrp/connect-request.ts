/** How a server judges the request of a client that connects to an existing pool ([MS-PSRP] 3.2.5.3.20), in the order and words of PowerShell. */
import { Fault } from "@tieline/fault";
import type { SessionCapability } from "./messages/capability.ts";
import type { TypedMessage } from "./pool-end.ts";

export interface ExistingPool {
  id: string | undefined;
  min: number;
  max: number;
}

/** The client's capability; throws why its request is refused. `read` gives the messages of the request. */
export function judgeConnect(read: () => TypedMessage[], pool: ExistingPool): SessionCapability {
  let messages: TypedMessage[];
  try {
    messages = read();
  } catch (cause) {
    throw new Fault("connect-input-invalid", {}, { cause });
  }
  const [capability, request] = messages;
  if (messages.length !== 2 || capability?.name !== "SESSION_CAPABILITY" || request?.name !== "CONNECT_RUNSPACEPOOL") {
    throw new Fault("connect-input-invalid");
  }
  if (request.pool !== pool.id) throw new Fault("connect-input-invalid");
  const { minRunspaces: min, maxRunspaces: max } = request.body;
  if (min === undefined || max === undefined) return capability.body;
  if (min < 1 || max < min) throw new Fault("connect-input-invalid");
  if (min !== pool.min && max !== pool.max) throw new Fault("connect-pool-mismatch");
  return capability.body;
}
