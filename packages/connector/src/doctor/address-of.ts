import type { Socket } from "node:net";

/** `address:port` of the other end. */
export function addressOf({ remoteAddress = "?", remotePort = 0 }: Socket): string {
  return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
