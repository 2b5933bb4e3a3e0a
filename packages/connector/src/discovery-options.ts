/** The walk of discovery over our dialler. */
import type { ResolveOptions } from "@tieline/discovery";
import { get, type Dialler } from "@tieline/net";

export interface DiscoverySurroundings {
  dialler: Dialler;
  signal: AbortSignal | undefined;
  now: () => number;
}

/** The parameters of New-CsOnlineSession and Get-CsOnlinePowerShellEndpoint that say how discovery goes. */
export interface DiscoveryWish {
  overrideDiscoveryUri?: string | undefined;
  overrideDesiredLink?: string | undefined;
}

export function discoveryOptions(
  domain: string,
  { dialler, signal, now }: DiscoverySurroundings,
  { overrideDiscoveryUri, overrideDesiredLink }: DiscoveryWish,
): ResolveOptions {
  return {
    domain,
    now,
    ...(overrideDiscoveryUri === undefined ? {} : { discoveryUri: overrideDiscoveryUri }),
    ...(overrideDesiredLink === undefined ? {} : { desiredLink: overrideDesiredLink }),
    fetch: (url, headers, { timeoutMs, maxBytes }) =>
      get(dialler, url, { headers, timeoutMs, maxBodyBytes: maxBytes, ...(signal === undefined ? {} : { signal }) }),
  };
}
