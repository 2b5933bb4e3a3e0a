/** Discovery by itself: `Get-CsOnlinePowerShellEndpoint`, and what the endpoint that it finds says of itself. */
import { readChallenge, type TargetChallenge } from "@tieline/auth";
import { resolve, type Hop } from "@tieline/discovery";
import { asFault, Fault } from "@tieline/fault";
import { get, type Dialler } from "@tieline/net";
import { discoveryOptions } from "./discovery-options.ts";
import { adminDomain } from "./stages/determine-domain.ts";

export interface EndpointQuestion {
  /** A domain, or a user of it. */
  targetDomain: string;
  /** Where discovery begins, instead of the lyncdiscover names. */
  overrideDiscoveryUri?: string | undefined;
  /** The link that is wanted, instead of External/RemotePowerShell. */
  overrideDesiredLink?: string | undefined;
}

export interface DiscoverySurroundings {
  dialler: Dialler;
  signal?: AbortSignal;
  /** Milliseconds on a monotonous clock. */
  now?: () => number;
}

export interface Discovered {
  domain: string;
  uri: URL;
  hops: readonly Hop[];
  /** What the endpoint asks of a caller, or why it could not be asked; undefined where another link was wanted. */
  challenge: TargetChallenge | Fault | undefined;
}

/**
 * The address of a domain's remote PowerShell endpoint, as its documents name it: what `Get-CsOnlinePowerShellEndpoint`
 * puts out.
 *
 * @throws Fault as `resolve` of `@tieline/discovery`, `domain-unknown`, `domain-malformed`
 */
export async function onlinePowerShellEndpoint(question: EndpointQuestion, surroundings: DiscoverySurroundings): Promise<URL> {
  return (await find(question, surroundings)).uri;
}

/** The same with the way that led there, and the challenge of the endpoint. @throws Fault as `onlinePowerShellEndpoint` */
export async function discoverDomain(question: EndpointQuestion, surroundings: DiscoverySurroundings): Promise<Discovered> {
  const found = await find(question, surroundings);
  const isEndpoint = /RemotePowerShell$/i.test(question.overrideDesiredLink ?? "RemotePowerShell");
  return { ...found, challenge: isEndpoint ? await challengeOf(found.uri, surroundings) : undefined };
}

async function find(question: EndpointQuestion, { dialler, signal, now }: DiscoverySurroundings): Promise<Omit<Discovered, "challenge">> {
  const domain = adminDomain(question.targetDomain.replace(/^.*@/, ""));
  const surroundings = { dialler, signal, now: now ?? (() => performance.now()) };
  const { targetUri, hops } = await resolve(discoveryOptions(domain, surroundings, question));
  return { domain, uri: new URL(targetUri), hops };
}

/** Tokens have a path of their own, and only that one says where they are given. */
async function challengeOf(uri: URL, { dialler, signal }: DiscoverySurroundings): Promise<TargetChallenge | Fault> {
  const asked = new URL(uri);
  asked.pathname = asked.pathname.replace(/\/OcsPowershellLiveId$/i, "/OcsPowershellOAuth");
  try {
    const answer = await get(dialler, asked, signal === undefined ? {} : { signal });
    if (answer.status !== 401) return new Fault("http-status", { host: asked.host, status: answer.status });
    return readChallenge(answer);
  } catch (error) {
    const fault = asFault(error);
    if (fault.is("interrupted")) throw fault;
    return fault;
  }
}
