/** A connection to each host on the way. */
import { addressOf } from "../address-of.ts";
import type { Check, Examination } from "../examination.ts";
import { failed, ok, skipped, type Remark } from "../finding.ts";
import { hostsOf } from "../hosts.ts";

export const tcp: Check = {
  name: "tcp",
  title: "Connections",
  after: ["discovery", "mechanisms"],
  async run(examination) {
    const hosts = hostsOf(examination.learnt);
    if (hosts.length === 0) return [skipped("network", "There is no host to connect to: discovery found none.")];
    const remarks = await Promise.all(hosts.map(({ host, port }) => reach(examination, host, port)));
    const bad = remarks.filter(({ verdict }) => verdict !== "ok");
    if (bad.length > 0) return bad;
    return [
      ok(
        "network",
        `${remarks.length === 1 ? "The host" : `All ${remarks.length} hosts`} on the way can be connected to.`,
        remarks.map(({ text }) => text),
      ),
    ];
  },
};

async function reach({ dialler, signal, now, learnt }: Examination, host: string, port: number): Promise<Remark> {
  const startedMs = now();
  try {
    const { socket } = await dialler.reach({ protocol: "http:", host, port }, { signal });
    const text = `${host} port ${port}: connected to ${addressOf(socket)} in ${Math.round(now() - startedMs)} ms`;
    socket.destroy();
    return ok("network", text);
  } catch (error) {
    // A lyncdiscover name that takes no connections is passed by where another one led to the endpoint.
    const passedBy = learnt.targetUri !== undefined && host.startsWith("lyncdiscover") && learnt.targetUri.hostname !== host;
    return { ...failed(error, [], passedBy ? "info" : "error"), subject: `${host}:${port}` };
  }
}
