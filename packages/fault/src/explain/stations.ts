/** Where on the way a fault is met, in words: the stages are named as the retired connector printed them. */
import type { FaultEntry, Layer, Station } from "../entry.ts";

export const STATIONS: Readonly<Record<Station, string>> = {
  machine: "on this machine, before anything is sent",
  domain: "stage 1 of 4, Determining domain to admin",
  discovery: "stage 2 of 4, Discovering PowerShell endpoint URI",
  token: "stage 3 of 4, Requesting authentication token",
  session: "stage 4 of 4, Initializing remote session",
  way: "between this machine and the host it calls; each stage can meet it",
  command: "after the four stages, in the open session",
  move: "at the hosted migration service, while a user is moved",
  trust: "between two servers that trust each other",
  service: "inside the service",
};

const BY_LAYER: Readonly<Record<Layer, Station>> = {
  name: "way",
  network: "way",
  proxy: "way",
  tls: "way",
  http: "way",
  authentication: "token",
  permission: "session",
  limit: "session",
  wsman: "session",
  psrp: "session",
  clixml: "session",
  process: "session",
  discovery: "discovery",
  session: "session",
  command: "command",
  directory: "command",
  store: "service",
  input: "machine",
  usage: "machine",
};

export function stationOf(entry: FaultEntry): Station {
  return entry.station ?? BY_LAYER[entry.layer];
}
