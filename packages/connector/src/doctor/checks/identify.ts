/** Whether WS-Management answers at the endpoint's address (DSP0226 11, Test-WSMan). */
import { Fault, isFault } from "@tieline/fault";
import { WsmanEndpoint } from "@tieline/remoting";
import type { Check } from "../examination.ts";
import { failed, ok, skipped, type Remark } from "../finding.ts";

export const identify: Check = {
  name: "identify",
  title: "WS-Management",
  after: ["discovery", "mechanisms"],
  async run({ dialler, signal, learnt }) {
    const { targetUri, challenge } = learnt;
    if (targetUri === undefined) return [skipped("wsman", "The endpoint's address is not known: see discovery.")];
    try {
      await using endpoint = new WsmanEndpoint({ kind: "wsman", uri: targetUri.href, dialler, credential: { kind: "ticket" } });
      const { vendor, version, protocolVersion } = await endpoint.identify(signal);
      return [ok("wsman", `WS-Management answers: ${vendor} ${version}.`, [`protocol ${protocolVersion}`])];
    } catch (error) {
      return [judgeSilence(error, targetUri, challenge?.schemes ?? [])];
    }
  },
};

/** An endpoint need not say who it is to strangers; a web server that is none says so by its status. */
export function judgeSilence(error: unknown, uri: URL, schemes: readonly string[]): Remark {
  const status = isFault(error) && (error.is("http-status") || error.is("http-not-wsman")) ? statusIn(error) : undefined;
  const asked = isFault(error) && error.layer === "authentication";
  if (schemes.length > 0 && (status === 401 || asked))
    return ok("wsman", "The endpoint tells nobody who it is before asking who is calling.");
  const known = status === undefined ? undefined : BY_STATUS[status];
  if (known === undefined) return failed(error);
  return { ...failed(new Fault(known)), evidence: [`${uri.href} -> HTTP ${status}`] };
}

const BY_STATUS: Readonly<Record<number, "winrm-http-403" | "winrm-http-404" | "winrm-http-500" | "winrm-http-503">> = {
  403: "winrm-http-403",
  404: "winrm-http-404",
  405: "winrm-http-404",
  500: "winrm-http-500",
  502: "winrm-http-503",
  503: "winrm-http-503",
};

function statusIn(fault: Fault): number | undefined {
  const digits = /\b([1-5]\d\d)\b/.exec(fault.message)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
