/** Free ports of the loopback address, the same ones at the next start as far as they are still free. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { Fault } from "@tieline/fault";
import { LISTENERS, type ListenerName, type Ports } from "./places.ts";

export interface PortWishes {
  /** Ports that must be these. */
  fixed?: Partial<Ports>;
  /** Ports of the last start. */
  last?: Partial<Ports>;
  /** Listeners of this process; those of another keep the ports that they have. Left out: all. */
  mine?: readonly ListenerName[];
  address?: string;
}

/**
 * A port for each listener. A wished one must be free; a remembered one is given up for another when it is not.
 *
 * @throws Fault `port-taken`, `port-denied`
 */
export async function choosePorts(wishes: PortWishes): Promise<Ports> {
  const address = wishes.address ?? "127.0.0.1";
  const chosen: Partial<Record<ListenerName, number>> = {};
  for (const name of Object.keys(LISTENERS) as ListenerName[]) {
    const others = wishes.mine?.includes(name) === false ? (wishes.fixed?.[name] ?? wishes.last?.[name]) : undefined;
    if (others !== undefined) {
      chosen[name] = others;
      continue;
    }
    const fixed = wishes.fixed?.[name];
    if (fixed !== undefined) {
      const trouble = await tryPort(fixed, address, name);
      if (trouble === "EADDRINUSE") throw new Fault("port-taken", { port: fixed, address, option: `--port ${name}=PORT` });
      if (trouble !== undefined) throw new Fault("port-denied", { port: fixed, address, reason: trouble });
      chosen[name] = fixed;
      continue;
    }
    const last = wishes.last?.[name];
    const usable = last !== undefined && !Object.values(chosen).includes(last) && (await tryPort(last, address, name)) === undefined;
    chosen[name] = usable ? last : await freePort(address, Object.values(chosen), name);
  }
  return chosen as Ports;
}

/** The error code with which the port refuses, or undefined where it is free. */
async function tryPort(port: number, address: string, name: ListenerName): Promise<string | undefined> {
  const datagrams = name === "lab-dns" ? await tryDatagrams(port, address) : undefined;
  if (datagrams !== undefined) return datagrams;
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, address, () => server.close(() => resolve(undefined)));
  });
}

/** The same for datagrams: DNS is asked both ways on one port. */
function tryDatagrams(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", (error: NodeJS.ErrnoException) => socket.close(() => resolve(error.code ?? error.message)));
    socket.bind(port, address, () => socket.close(() => resolve(undefined)));
  });
}

function freePort(address: string, taken: readonly number[], name: ListenerName): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(new Fault("port-denied", { port: "any", address, reason: error.code ?? error.message }, { cause: error })),
    );
    server.listen(0, address, () => {
      const { port } = server.address() as { port: number };
      server.close(() => {
        // A port that another listener of ours has is free again by now: ask for the next.
        const usable = name === "lab-dns" ? tryDatagrams(port, address).then((trouble) => trouble === undefined) : Promise.resolve(true);
        resolve(usable.then((free) => (!free || taken.includes(port) ? freePort(address, taken, name) : port)));
      });
    });
  });
}
