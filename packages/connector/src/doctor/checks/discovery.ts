/** The walk over Lyncdiscover, each hop as evidence. */
import { hopsOf, resolve, type Hop } from "@tieline/discovery";
import { get } from "@tieline/net";
import { discoveryOptions } from "../../discovery-options.ts";
import { clockSample } from "../clock-sample.ts";
import type { Check } from "../examination.ts";
import { failed, ok, skipped } from "../finding.ts";

export const discovery: Check = {
  name: "discovery",
  title: "Discovery",
  after: [],
  async run({ subject, wish, dialler, signal, now, nowMs, learnt }) {
    if (subject.targetUri !== undefined) return [skipped("discovery", "The address of the endpoint was given.")];
    const options = discoveryOptions(wish.overrideAdminDomain ?? subject.domain ?? "", { dialler, signal, now }, wish);
    try {
      const found = await resolve({
        ...options,
        fetch: async (url, headers, { timeoutMs, maxBytes }) => {
          const answer = await get(dialler, url, { headers, timeoutMs, maxBodyBytes: maxBytes, signal });
          const sample = clockSample(url.host, answer.headers, nowMs());
          if (sample !== undefined) learnt.clocks.push(sample);
          return answer;
        },
      });
      learnt.hops = found.hops;
      learnt.targetUri = new URL(found.targetUri);
      const evidence = found.hops.map(hopLine);
      const hybrid = found.hops.some(({ found: words }) => /\bHybrid ->/.test(words));
      const text = `Discovery leads to ${found.targetUri}.`;
      if (!hybrid) return [ok("discovery", text, evidence)];
      return [
        {
          verdict: "info",
          layer: "discovery",
          text: `${text} The domain is hybrid: an on-premises deployment answered, and its Hybrid link was followed.`,
          evidence,
          cause: "The lyncdiscover name of the domain leads to the on-premises deployment.",
          cure: "Nothing needs doing. Connectors that do not follow Hybrid links need --override-admin-domain with the tenant's onmicrosoft.com domain.",
        },
      ];
    } catch (error) {
      learnt.hops = hopsOf(error);
      return [failed(error, learnt.hops.map(hopLine))];
    }
  },
};

function hopLine({ url, status, found, durationMs }: Hop): string {
  return `${url} ${status === undefined ? "" : `-> ${status} `}${found} (${durationMs} ms)`;
}
