/** What the endpoint says to a caller without credentials: which mechanisms, and which authority's tokens. */
import { readChallenge, type TargetChallenge } from "@tieline/auth";
import { PinnedClient } from "@tieline/net";
import { clockSample } from "../clock-sample.ts";
import type { Check } from "../examination.ts";
import { failed, ok, skipped, type Remark } from "../finding.ts";

export const mechanisms: Check = {
  name: "mechanisms",
  title: "Ways to sign in",
  after: ["discovery"],
  async run({ dialler, signal, nowMs, learnt }) {
    const { targetUri } = learnt;
    if (targetUri === undefined) return [skipped("authentication", "The endpoint's address is not known: see discovery.")];
    const target = asTokenPath(targetUri);
    try {
      await using client = new PinnedClient(dialler, target, { maxBodyBytes: 256 * 1024 });
      const answer = await client.request({
        method: "POST",
        path: target.pathname + target.search,
        headers: { "content-length": "0" },
        signal,
      });
      const sample = clockSample(target.host, answer.headers, nowMs());
      if (sample !== undefined) learnt.clocks.push(sample);
      const challenge = readChallenge(answer);
      learnt.challenge = challenge;
      return [judgeChallenge(target, answer.status, challenge)];
    } catch (error) {
      return [failed(error)];
    }
  },
};

/** Of the service's two addresses, the one that takes tokens says the most. */
function asTokenPath(uri: URL): URL {
  const token = new URL(uri);
  token.pathname = token.pathname.replace(/\/OcsPowershellLiveId$/i, "/OcsPowershellOAuth");
  return token;
}

export function judgeChallenge(
  target: URL,
  status: number,
  { schemes, basicOffered, clientId, authorizationUri }: TargetChallenge,
): Remark {
  const evidence = [
    `${target.href} -> ${status}`,
    `offers ${schemes.length === 0 ? "nothing" : schemes.join(", ")}`,
    ...(authorizationUri === undefined ? [] : [`authority ${authorizationUri.href}, client ${clientId ?? "not named"}`]),
  ];
  if (status !== 401)
    return skipped("authentication", `The endpoint did not ask who is calling (HTTP ${status}): see the check of WS-Management.`);
  const service = /\/OcsPowershell(LiveId|OAuth)$/i.test(target.pathname);
  if (service && !basicOffered) {
    return {
      verdict: "error",
      layer: "authentication",
      code: "mechanism-off",
      text: "The endpoint does not offer Basic, in which tokens and passwords travel to it.",
      evidence,
      cause: "Basic was switched off at the service, or something between (a proxy, a gateway) took it out of the answer.",
      cure: "Have Basic over TLS switched on at the endpoint; where a gateway stands before it, let WWW-Authenticate pass unchanged.",
    };
  }
  if (service && authorizationUri === undefined) {
    return {
      verdict: "info",
      layer: "authentication",
      text: "The endpoint names no authority for tokens: only passwords are taken, so no account with a second factor can sign in.",
      evidence,
      cause: "Modern sign-in is not set up at this endpoint.",
      cure: "Sign in with a password, or have modern sign-in switched on (Set-CsOAuthConfiguration -ClientAdalAuthOverride Allowed).",
    };
  }
  return ok("authentication", `The endpoint asks who is calling, and takes ${schemes.join(", ")}.`, evidence);
}
