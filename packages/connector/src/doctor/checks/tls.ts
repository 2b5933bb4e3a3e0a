/** The certificates of each host on the way. */
import { judgeChain } from "../certificate-chain.ts";
import type { Check, Examination } from "../examination.ts";
import { failed, ok, skipped, type Remark } from "../finding.ts";
import { shakeHands } from "../handshake.ts";
import { hostsOf } from "../hosts.ts";

export const tls: Check = {
  name: "tls",
  title: "Certificates",
  after: ["discovery", "mechanisms"],
  async run(examination) {
    const hosts = hostsOf(examination.learnt).filter(({ protocol }) => protocol === "https:");
    if (hosts.length === 0) return [skipped("tls", "No host on the way speaks TLS.")];
    const remarks = await Promise.all(hosts.map(({ host, port }) => look(examination, host, port)));
    const bad = remarks.filter(({ verdict }) => verdict !== "ok" && verdict !== "skipped");
    if (bad.length > 0) return bad;
    const good = remarks.filter(({ verdict }) => verdict === "ok");
    if (good.length === 0) return [skipped("tls", "No host could be connected to: see the check of connections.")];
    return [
      ok(
        "tls",
        `${good.length === 1 ? "The certificate" : `The certificates of all ${good.length} hosts`} on the way ${good.length === 1 ? "is" : "are"} in order.`,
        good.flatMap(({ text, evidence }) => [text, ...evidence]),
      ),
    ];
  },
};

async function look({ dialler, signal, nowMs }: Examination, host: string, port: number): Promise<Remark> {
  try {
    return judgeChain(await shakeHands(dialler, host, port, signal), nowMs());
  } catch (error) {
    const remark = failed(error);
    // Hosts that take no connections are told by the check of connections.
    return remark.layer === "tls" || remark.code === "connection-lost"
      ? { ...remark, subject: `${host}:${port}` }
      : skipped("tls", remark.text);
  }
}
