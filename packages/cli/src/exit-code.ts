/** Exit codes that scripts can trust, by the layer that refused. */
import type { Fault, Layer } from "@tieline/fault";

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  partly: 3,
  authentication: 4,
  notPermitted: 5,
  unreachable: 6,
  limit: 7,
  interrupted: 130,
} as const;

const BY_LAYER: Partial<Record<Layer, number>> = {
  usage: EXIT.usage,
  input: EXIT.usage,
  authentication: EXIT.authentication,
  permission: EXIT.notPermitted,
  name: EXIT.unreachable,
  network: EXIT.unreachable,
  proxy: EXIT.unreachable,
  tls: EXIT.unreachable,
  discovery: EXIT.unreachable,
  limit: EXIT.limit,
};

export function exitCodeOf(fault: Fault): number {
  if (fault.code === "interrupted") return EXIT.interrupted;
  if (fault.code === "internal") return EXIT.failure;
  return exitCodeOfLayer(fault.layer);
}

export function exitCodeOfLayer(layer: Layer): number {
  return BY_LAYER[layer] ?? EXIT.failure;
}
