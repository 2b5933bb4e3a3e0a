/** The forest behind a pool, as its configuration names it. */
import { readAuthorities } from "@tieline/net";
import { JoinedForest, openLdapForest, watchForest, type DeploymentForest } from "../migration/index.ts";
import type { Site } from "../site.ts";
import type { Configuration } from "./configuration.ts";
import type { Check } from "./monitor.ts";
import { readSecretFile } from "./secret-file.ts";

type ForestLog = Parameters<typeof watchForest>[1]["log"];

/** Users wait so long while the forest is busy, or its controller starts anew. */
const PATIENCE_MS = 60_000;

/** Nothing is asked of the forest yet; undefined where there is none. @throws Fault `file-unreadable` */
export async function openPoolForest(
  { store, directory }: Pick<Site, "store" | "directory">,
  { forest }: Pick<Configuration, "forest">,
): Promise<JoinedForest | undefined> {
  const [deployment] = await directory.tenants.list();
  if (forest === undefined || deployment === undefined) return undefined;
  const [password = ""] = readSecretFile(forest.passwordFile).split(/\r?\n/, 1);
  const authorities = forest.authorities.map(readAuthorities);
  const { url, user, base } = forest;
  return new JoinedForest({
    name: url,
    open: () => openLdapForest({ url, user, password, trust: { authorities }, ...(base === undefined ? {} : { base }) }),
    db: store.db,
    tenant: deployment.tenantId,
    nowMs: () => Date.now(),
  });
}

/** Keeps both in step until it is disposed of. */
export function keepForest(
  forest: DeploymentForest,
  { everySeconds }: NonNullable<Configuration["forest"]>,
  log: ForestLog,
): AsyncDisposable {
  return watchForest(forest, {
    refreshEveryMs: everySeconds * 1000,
    log,
  });
}

/** Whether what was changed here has arrived there. Nobody is served worse for it, so the pool is ready all the same. */
export function forestCheck(forest: Pick<DeploymentForest, "backlog">, nowMs: () => number): Check {
  return {
    name: "forest",
    spared: true,
    run: async () => {
      const { users, sinceMs, faultCode } = await forest.backlog();
      if (sinceMs === null) return "nothing waits to be written";
      const who = users === 1 ? "1 user waits" : `${users} users wait`;
      const words = `${who} to be written since ${new Date(sinceMs).toISOString()}${faultCode === null ? "" : ` (${faultCode})`}`;
      if (nowMs() - sinceMs > PATIENCE_MS) throw new Error(words);
      return words;
    },
  };
}
