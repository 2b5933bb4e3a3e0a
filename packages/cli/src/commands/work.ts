/** `tieline work`: a worker beside a pool, until Ctrl-C or SIGTERM; what is under way then is ended. */
import { once } from "node:events";
import { readConfiguration, startWorker } from "@tieline/server";
import { EXIT } from "../exit-code.ts";
import type { Surroundings } from "../invocation.ts";

interface WorkOptions {
  config: string;
  moves?: number;
}

export async function work({ config, moves }: WorkOptions, { stderr, environment, signal }: Surroundings): Promise<number> {
  await using worker = await startWorker({ configuration: readConfiguration(config), environment, concurrency: moves });
  stderr.write(`Moving the users of ${worker.deployment}'s batches until Ctrl-C.\n`);
  if (!signal.aborted) await once(signal, "abort");
  stderr.write("Ending the moves that are under way ...\n");
  return EXIT.ok;
}
