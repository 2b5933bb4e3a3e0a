/** The hosts on the way, each once: those of discovery's hops, the endpoint, the authority. */
import { destinationOf, type Destination } from "@tieline/net";
import type { Learnt } from "./examination.ts";

/** Names that do not exist are for the check of the records; that others answered in their place is enough. */
export function hostsOf({ hops, targetUri, challenge }: Learnt): Destination[] {
  const urls = [
    ...hops.filter(({ fault }) => fault !== "name-unknown").map(({ url }) => new URL(url)),
    ...(targetUri === undefined ? [] : [targetUri]),
    ...(challenge?.authorizationUri === undefined ? [] : [challenge.authorizationUri]),
  ];
  const found = new Map<string, Destination>();
  for (const url of urls) found.set(`${url.protocol}//${url.host}`, destinationOf(url));
  return [...found.values()];
}
