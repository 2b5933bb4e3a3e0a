/** Which way a move goes: from where the user is homed and what the target is. */
import { Fault } from "@tieline/fault";
import { homedAtDeployment, type Pool, type SiteSetting, type UserRecord } from "../../directory/index.ts";
import type { Direction, MoveOptions } from "./move.ts";

export interface Route {
  direction: Direction;
  source: string;
  target: string;
}

/** What a deployment can move to. */
export interface Targets {
  pools: readonly Pool[];
  /** Settings of kind HostingProvider. */
  providers: readonly SiteSetting[];
}

/** The pools that can home somebody. */
function registrars({ pools }: Targets): string[] {
  return pools.filter((pool) => pool.services.some((service) => /^registrar:/i.test(service))).map((pool) => pool.identity);
}

function proxies({ providers }: Targets): string[] {
  return providers
    .filter(({ settings }) => settings["Enabled"] !== false && settings["HostsOCSUsers"] === true)
    .flatMap(({ settings }) => (typeof settings["ProxyFqdn"] === "string" ? [settings["ProxyFqdn"]] : []));
}

/** @throws Fault `move-target-unknown`, `move-not-enabled`, `move-already-there`, `move-between-online-and-online`, `move-option-unfit` */
export function routeOf(user: UserRecord, target: string, options: MoveOptions, targets: Targets): Route {
  const same = (one: string) => (other: string) => one.toLowerCase() === other.toLowerCase();
  const pool = registrars(targets).find(same(target));
  const proxy = proxies(targets).find(same(target));
  if (pool === undefined && proxy === undefined)
    throw new Fault("move-target-unknown", { target, targets: [...registrars(targets), ...proxies(targets)].join(", ") || "none" });
  const name = user.sipAddress ?? user.userPrincipalName;
  const homed = homedAtDeployment(user);
  if (homed === "nowhere" || user.sipAddress === null) throw new Fault("move-not-enabled", { user: name });
  const source = homed === "online" ? (user.hostingProvider as string) : (user.registrarPool as string);
  if (same(source)(pool ?? (proxy as string))) throw new Fault("move-already-there", { user: name, target });
  const direction: Direction | undefined =
    homed === "online" ? (pool === undefined ? undefined : "to-pool") : pool === undefined ? "to-online" : "between-pools";
  if (direction === undefined) throw new Fault("move-between-online-and-online", { user: name, source, target });
  if (options.moveConferenceData === true && direction !== "between-pools")
    throw new Fault("move-option-unfit", { direction, option: "MoveConferenceData", reason: "meetings always go along between the sites" });
  if (options.moveToTeams === true && direction !== "to-online")
    throw new Fault("move-option-unfit", { direction, option: "MoveToTeams", reason: "Teams is online" });
  return { direction, source, target: pool ?? (proxy as string) };
}
