import { resolve } from "@tieline/discovery";
import { Fault } from "@tieline/fault";
import { get } from "@tieline/net";
import type { Stage } from "../stage.ts";

/** Stage 2: from the domain to the address of its remote PowerShell endpoint. */
export const discoverEndpoint: Stage = {
  words: "Discovering PowerShell endpoint URI",
  async run(context) {
    const { wish, progress, dialler, say } = context;
    if (wish.targetUri !== undefined) {
      progress.targetUri = parseTarget(wish.targetUri);
    } else {
      const found = await resolve({
        domain: progress.adminDomain ?? "",
        ...(wish.overrideDiscoveryUri === undefined ? {} : { discoveryUri: wish.overrideDiscoveryUri }),
        now: context.now,
        fetch: (url, headers) => get(dialler, url, { headers, ...(context.signal === undefined ? {} : { signal: context.signal }) }),
      });
      progress.hops = found.hops;
      progress.targetUri = parseTarget(found.targetUri);
    }
    say(`TargetUri = '${progress.targetUri.href}'`);
  },
};

function parseTarget(text: string): URL {
  let uri: URL;
  try {
    uri = new URL(text);
  } catch (error) {
    throw new Fault("target-malformed", { uri: text }, { cause: error });
  }
  if (uri.protocol !== "https:" && uri.protocol !== "http:") throw new Fault("target-malformed", { uri: text });
  return uri;
}
