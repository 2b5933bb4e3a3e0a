/** The authority that the endpoint names: its metadata, its issuer, its keys. */
import { authorityOf } from "@tieline/auth";
import { get } from "@tieline/net";
import { clockSample } from "../clock-sample.ts";
import type { Check } from "../examination.ts";
import { failed, ok, skipped, type Remark } from "../finding.ts";

const LARGEST_ANSWER = 256 * 1024;

export const authority: Check = {
  name: "authority",
  title: "Authority",
  after: ["mechanisms"],
  async run({ subject, wish, dialler, signal, nowMs, learnt }) {
    const named = learnt.challenge?.authorizationUri;
    if (named === undefined) return [skipped("authentication", "The endpoint names no authority.")];
    // Of `common`, the tenant's own document says more.
    const { metadata } = authorityOf(named, wish.overrideAdminDomain ?? subject.domain);
    const read = async (url: URL): Promise<{ status: number; value: unknown }> => {
      const answer = await get(dialler, url, { headers: { accept: "application/json" }, maxBodyBytes: LARGEST_ANSWER, signal });
      const sample = clockSample(url.host, answer.headers, nowMs());
      if (sample !== undefined) learnt.clocks.push(sample);
      return { status: answer.status, value: jsonOf(answer.body) };
    };
    try {
      const document = await read(metadata);
      const remark = judgeMetadata(metadata, document.status, document.value);
      if (remark.verdict === "error") return [remark];
      const keysAt = new URL((document.value as { jwks_uri: string }).jwks_uri);
      const keys = await read(keysAt);
      return [judgeKeys(remark, keysAt, keys.status, keys.value)];
    } catch (error) {
      return [failed(error, [metadata.href])];
    }
  },
};

export function judgeMetadata(at: URL, status: number, value: unknown): Remark {
  const wrong = (text: string, evidence: readonly string[] = []): Remark => ({
    verdict: "error",
    layer: "authentication",
    text,
    evidence: [`${at.href} -> ${status}`, ...evidence],
    cause: "Something else than the authority answers at that address, or the authority is not set up for this domain.",
    cure: "Check the domain; if it is right, tell the service's operator what stands here.",
  });
  if (status === 400 || status === 404) return wrong("The authority does not know this tenant.");
  if (status >= 500)
    return {
      ...wrong("The authority is down."),
      layer: "http",
      cause: "It is being restarted, or overloaded.",
      cure: "Try again later; if it stays, tell the service's operator.",
    };
  if (status !== 200) return wrong(`The authority's metadata cannot be read (HTTP ${status}).`);
  const { issuer, jwks_uri: keys } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof issuer !== "string" || typeof keys !== "string" || !URL.canParse(keys))
    return wrong("The authority's metadata name no issuer or no keys.");
  if (!URL.canParse(issuer) || !isSameAuthority(new URL(issuer).host, at.host))
    return wrong(`The authority at ${at.host} says that it is ${issuer}.`, ["the issuer is another host than the one that was asked"]);
  if (new URL(keys).protocol !== "https:") return wrong("The authority's keys are at an address without TLS.", [keys]);
  return ok("authentication", `The authority is ${issuer}.`, [`${at.href} -> ${status}`]);
}

/** The retired vendor's authority answers to several names, and signs by another than the one that is asked. */
const ONE_AUTHORITY = ["login.microsoftonline.com", "login.windows.net", "sts.windows.net"];

function isSameAuthority(issuer: string, asked: string): boolean {
  const [a, b] = [issuer.toLowerCase(), asked.toLowerCase()];
  return a === b || (ONE_AUTHORITY.includes(a) && ONE_AUTHORITY.includes(b));
}

function judgeKeys(so: Remark, at: URL, status: number, value: unknown): Remark {
  const keys = (value as { keys?: unknown } | undefined)?.keys;
  const count = Array.isArray(keys) ? keys.length : 0;
  const evidence = [...so.evidence, `${at.href} -> ${status}, ${count} keys`];
  if (status === 200 && count > 0) return { ...so, evidence };
  return {
    verdict: "error",
    layer: "authentication",
    text: "The authority's keys cannot be read, so no token of its can be verified.",
    evidence,
    cure: "Try again later; if it stays, tell the service's operator.",
  };
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    return undefined;
  }
}
