/** For tests: the two ends of a pool with nothing between them but a choice of how the bytes are cut. */
import type { ClientAction, ServerAction } from "../../carrier.ts";
import type { ClientEvent } from "../client-events.ts";
import { ClientPool, type ClientPoolOptions } from "../client-pool.ts";
import type { ServerEvent } from "../server-events.ts";
import { ServerPool, type ServerPoolOptions } from "../server-pool.ts";

export const POOL_ID = "11111111-2222-3333-4444-555555555555";

/** An id for a pipeline. */
export function pipelineId(n: number): string {
  return `00000000-0000-0000-0000-${n.toString().padStart(12, "0")}`;
}

/** How the wire hands bytes on. */
export type Cut = "whole" | "byte by byte" | "uneven";

function pieces(bytes: Uint8Array, cut: Cut): Uint8Array[] {
  if (cut === "whole") return [bytes];
  const parts: Uint8Array[] = [];
  for (let at = 0, size = 1; at < bytes.length; at += size) {
    size = cut === "byte by byte" ? 1 : ((at * 7) % 61) + 1;
    parts.push(bytes.subarray(at, at + size));
  }
  return parts;
}

export interface Ends {
  client: ClientPool;
  server: ServerPool;
  /** Everything each end was told, in order. */
  clientEvents: ClientEvent[];
  serverEvents: ServerEvent[];
  clientActions: ClientAction[];
  serverActions: ServerAction[];
}

/** Carries everything that both ends have to say, and lets `serve` act as the server's user, until nothing moves. */
export function run(ends: Ends, serve: (event: ServerEvent, server: ServerPool) => void, cut: Cut = "whole"): void {
  for (let moved = true; moved;) {
    moved = false;
    for (let action = ends.client.nextAction(); action !== undefined; action = ends.client.nextAction()) {
      moved = true;
      ends.clientActions.push(action);
      toServer(ends, action, cut);
    }
    for (let event = ends.server.nextEvent(); event !== undefined; event = ends.server.nextEvent()) {
      moved = true;
      ends.serverEvents.push(event);
      serve(event, ends.server);
    }
    for (let action = ends.server.nextAction(); action !== undefined; action = ends.server.nextAction()) {
      moved = true;
      ends.serverActions.push(action);
      if (action.do === "data") for (const piece of pieces(action.bytes, cut)) ends.client.receive(piece, action.pipeline);
      if (action.do === "closed") ends.client.deleted();
    }
    for (let event = ends.client.nextEvent(); event !== undefined; event = ends.client.nextEvent()) {
      moved = true;
      ends.clientEvents.push(event);
    }
  }
}

function toServer(ends: Ends, action: ClientAction, cut: Cut): void {
  switch (action.do) {
    case "create":
      for (const piece of pieces(action.bytes, cut)) ends.server.receive(piece);
      return;
    case "command":
      for (const piece of pieces(action.bytes, cut)) ends.server.receive(piece, action.pipeline);
      return;
    case "send":
      for (const piece of pieces(action.bytes, cut)) ends.server.receive(piece, action.pipeline, action.stream);
      return;
    case "stop":
    case "terminate":
      ends.server.stop(action.pipeline);
      return;
    case "connect":
      ends.client.receive(ends.server.connect(action.bytes));
      return;
    case "disconnect":
      ends.server.disconnected();
      ends.client.disconnected();
      return;
    case "reconnect":
      ends.server.reconnected();
      ends.client.reconnected();
      return;
    case "delete":
      ends.server.close();
      return;
    case "connect-command":
  }
}

/** A client and a server that have not spoken yet. */
export function makeEnds(client: Partial<ClientPoolOptions> = {}, server: ServerPoolOptions = {}): Ends {
  return {
    client: new ClientPool({ id: POOL_ID, ...client }),
    server: new ServerPool(server),
    clientEvents: [],
    serverEvents: [],
    clientActions: [],
    serverActions: [],
  };
}
