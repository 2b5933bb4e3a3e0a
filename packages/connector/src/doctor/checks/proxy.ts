/** Which way connections leave: directly, or through which proxy, and whether that lets us through. */
import { isFault } from "@tieline/fault";
import { destinationOf, proxyName } from "@tieline/net";
import type { Check } from "../examination.ts";
import { failed, ok, skipped } from "../finding.ts";

export const proxy: Check = {
  name: "proxy",
  title: "Proxy",
  after: ["discovery"],
  async run({ subject, dialler, signal, learnt }) {
    const url = learnt.targetUri ?? (subject.domain === undefined ? undefined : new URL(`https://lyncdiscover.${subject.domain}/`));
    if (url === undefined) return [skipped("proxy", "There is no address to go to.")];
    const to = { ...destinationOf(url), protocol: "http:" as const };
    try {
      const { proxy: chosen, socket } = await dialler.reach(to, { signal });
      socket.destroy();
      if (chosen === undefined) return [ok("proxy", `Connections to ${url.host} go out directly, without a proxy.`)];
      return [ok("proxy", `Connections to ${url.host} go through the proxy ${proxyName(chosen)}, which lets them through.`)];
    } catch (error) {
      if (isFault(error) && error.layer === "proxy") return [failed(error)];
      // What lies behind the proxy, or where there is none, is for the checks of the network.
      return [ok("proxy", `Connections to ${url.host} go out, but do not arrive: no proxy is to blame.`)];
    }
  },
};
