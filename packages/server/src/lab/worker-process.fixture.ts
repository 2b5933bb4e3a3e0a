/**
 * A worker beside a lab's pool in a process of its own, put together as `tieline work` does it: it moves users of batches,
 * serves nobody, and can be killed at any moment. Its argument is a `WorkerProcessOptions` as JSON; it says one line once it
 * works, and ends what it has begun when its input ends.
 */
import { join } from "node:path";
import { openLog } from "../log.ts";
import { openSite } from "../site.ts";
import { LabAuthority } from "./authority.ts";
import { openLabHybrid } from "./hybrid.ts";
import { POOL_HOST, type Ports } from "./places.ts";
import { LabSecrets } from "./secrets.ts";
import type { MovesPace } from "./site-process.fixture.ts";

export interface BesideOptions {
  /** The lab's. */
  folder: string;
  ports: Ports;
  databaseUrl: string;
  /** Of its log: `worker1`. */
  name: string;
  pace: MovesPace;
}

/** The pool's database and moves, for a process beside the one that serves. The answer ends it. */
export async function openBeside({ folder, ports, databaseUrl, name, pace }: BesideOptions) {
  await using opened = new AsyncDisposableStack();
  const secrets = LabSecrets.open(folder);
  const log = opened.use(openLog(folder, name));
  const { vaultKey } = secrets;
  const site = opened.use(
    await openSite({
      kind: "pool",
      folder,
      databaseUrl,
      beside: true,
      vaultKey,
      computer: POOL_HOST,
      log: log.logger.child({ site: "pool" }),
    }),
  );
  const authority = await LabAuthority.open(join(folder, "authority"), Date.now());
  opened.use(await openLabHybrid(site, { folder, secrets, ports, authority, log, settings: { ...pace, synchronisation: undefined } }));
  const resources = opened.move();
  return { site, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

if (import.meta.main) {
  const worker = await openBeside(JSON.parse(process.argv[2] ?? "") as BesideOptions);
  process.stdin.on("close", () => void worker[Symbol.asyncDispose]().then(() => process.exit(0))).resume();
  process.stdout.write("ready\n");
}
