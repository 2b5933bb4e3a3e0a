/**
 * Who asks for the account's password: realm discovery must say Managed or Federated. One of the vendor's own checks of
 * hybrid deployments.
 */
import { get } from "@tieline/net";
import type { Check } from "../examination.ts";
import { failed, ok, skipped, type Remark } from "../finding.ts";

const LARGEST_ANSWER = 64 * 1024;

export const realm: Check = {
  name: "realm",
  title: "Realm",
  after: ["mechanisms"],
  async run({ subject, wish, dialler, signal, learnt }) {
    const authority = learnt.challenge?.authorizationUri;
    const user = subject.user ?? wish.user;
    if (authority === undefined) return [skipped("authentication", "The endpoint names no authority.")];
    if (user === undefined) return [skipped("authentication", "No account was named.")];
    const at = new URL(`/getuserrealm.srf?login=${encodeURIComponent(user)}`, authority.origin);
    try {
      const answer = await get(dialler, at, { headers: { accept: "application/json" }, maxBodyBytes: LARGEST_ANSWER, signal });
      return [judgeRealm(user, at, answer.status, jsonOf(answer.body))];
    } catch (error) {
      return [failed(error, [at.href])];
    }
  },
};

export function judgeRealm(user: string, at: URL, status: number, value: unknown): Remark {
  const evidence = [`${at.origin}${at.pathname} -> ${status}`];
  if (status !== 200) return skipped("authentication", `The authority has no realm discovery (HTTP ${status}).`);
  const { NameSpaceType: kind, AuthURL: page } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (kind === "Managed")
    return ok("authentication", `The realm of ${user} is managed: the authority itself asks for the password.`, evidence);
  if (kind === "Federated") {
    const host = typeof page === "string" && URL.canParse(page) ? new URL(page).host : "a place that it does not name";
    return {
      verdict: "info",
      layer: "authentication",
      text: `The realm of ${user} is federated: ${host} asks for the password.`,
      evidence,
      cure: "Nothing needs doing. That host must be reachable from the browser that signs in, and its clock be right.",
    };
  }
  const unknown = typeof kind === "string";
  return {
    verdict: unknown ? "error" : "warning",
    layer: "authentication",
    text: unknown ? `No tenant of the authority has the domain of ${user}.` : "Realm discovery answered with something that is none.",
    evidence,
    cause: unknown ? "The domain is misspelt, or was never verified in the tenant." : "Something else than the authority answers there.",
    cure: unknown
      ? "Check the spelling; sign in with the account's onmicrosoft.com name."
      : "Check proxies between, and the authority's address.",
  };
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    return undefined;
  }
}
