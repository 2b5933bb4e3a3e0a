import { hopsOf, resolve } from "@tieline/discovery";
import { Fault } from "@tieline/fault";
import { discoveryOptions } from "../discovery-options.ts";
import type { Stage } from "../stage.ts";

/** Stage 2: from the domain to the address of its remote PowerShell endpoint. */
export const discoverEndpoint: Stage = {
  words: "Discovering PowerShell endpoint URI",
  async run(context) {
    const { wish, progress, say } = context;
    if (wish.targetUri !== undefined) {
      progress.targetUri = parseTarget(wish.targetUri);
    } else {
      const found = await resolve(discoveryOptions(progress.adminDomain ?? "", context, wish)).catch((error: unknown) => {
        // On a good way the lines are those of the retired connector; on a bad one each step counts.
        for (const hop of hopsOf(error)) say(`${hop.url} (${hop.status ?? "-"}, ${hop.durationMs} ms): ${hop.found}`);
        throw error;
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
