/**
 * Seats at the service that a crash has left taken: one's own shells are asked for, and those closed that a dead process
 * of this machine opened. Nobody else's is touched, and none of a process that lives.
 */
import { Fault } from "@tieline/fault";
import { WsmanEndpoint, type WsmanTransport } from "@tieline/remoting";
import type { ShellRegistry } from "./shell-registry.ts";

/** Closes what was left behind at this endpoint by this user, and gives the ids. @throws Fault of the listing */
export async function reclaim(
  registry: ShellRegistry,
  transport: WsmanTransport,
  user: string,
  options: { signal?: AbortSignal } = {},
): Promise<string[]> {
  const left = registry.list().filter((shell) => !shell.living && isAt(shell, transport.uri, user));
  if (left.length === 0) return [];
  const ids = new Set(left.map(({ id }) => id.toLowerCase()));
  await using endpoint = new WsmanEndpoint(transport);
  const closed: string[] = [];
  for (const shell of await endpoint.listShells(options.signal)) {
    if (!ids.has(shell.shellId.toLowerCase())) continue;
    // Closed by itself meanwhile, or not to be closed: then the next attempt to open will tell.
    const gone = await endpoint.closeShell(shell, options.signal).then(
      () => true,
      () => false,
    );
    if (gone) closed.push(shell.shellId);
    else ids.delete(shell.shellId.toLowerCase());
  }
  // What was not listed any more is gone as well.
  registry.forget(new Set(left.map(({ id }) => id).filter((id) => ids.has(id.toLowerCase()))));
  return closed;
}

/** Who holds the seats, for the one who found none. */
export async function seatsHeld(
  transport: WsmanTransport,
  user: string,
  registry: ShellRegistry | undefined,
  cause: Fault,
): Promise<Fault> {
  try {
    await using endpoint = new WsmanEndpoint(transport);
    const here = new Map(registry?.list().map((shell) => [shell.id.toLowerCase(), shell]));
    const holders = (await endpoint.listShells()).map(({ shellId, name, state, clientIp }) => {
      const ours = here.get(shellId.toLowerCase());
      const where = ours === undefined ? `from ${clientIp ?? "an unknown address"}` : `process ${ours.pid} of this machine`;
      return `${shellId} (${name ?? "without a name"}, ${state ?? "open"}, ${where})`;
    });
    return holders.length === 0 ? cause : new Fault("shell-seats-held", { user, holders: `${holders.join("; ")}.` }, { cause });
  } catch {
    return cause;
  }
}

/** The same endpoint and account; how an address is written in full changes with the options of a call. */
export function isAt(shell: { uri: string; user: string }, uri: string, user: string): boolean {
  const host = (text: string): string => (URL.canParse(text) ? new URL(text).host : text).toLowerCase();
  return host(shell.uri) === host(uri) && shell.user.toLowerCase() === user.toLowerCase();
}
