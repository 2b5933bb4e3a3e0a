/** The forest behind a pool, as its configuration names it: read and written to now and then, and whenever something changes. */
import { readAuthorities } from "@tieline/net";
import { asFault } from "@tieline/fault";
import { JoinedForest, openLdapForest, type DeploymentForest } from "../migration/index.ts";
import type { Site } from "../site.ts";
import type { Configuration } from "./configuration.ts";
import { readSecretFile } from "./secret-file.ts";

interface Log {
  info(facts: Record<string, unknown>, text: string): void;
  warn(facts: Record<string, unknown>, text: string): void;
}

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

/** Reads what changed there and writes what is due, until it is disposed of; what went wrong is told when it begins and when it ends. */
export function keepForest(forest: DeploymentForest, everyMs: number, log: Log): AsyncDisposable {
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  let trouble: string | undefined;
  const work = async (): Promise<void> => {
    const { signal } = stop;
    const read = await forest.refresh({ signal });
    const written = await forest.flush(signal);
    if (read.added + read.changed + read.removed + written > 0) log.info({ forest: forest.name, ...read, written }, "the forest was read");
    if (trouble !== undefined) log.info({ forest: forest.name }, "the forest answers again");
    trouble = undefined;
  };
  const look = (): void => {
    running ??= work()
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        const { code, message } = asFault(error);
        if (code !== trouble) log.warn({ forest: forest.name, code, reason: message }, "the forest could not be read");
        trouble = code;
      })
      .finally(() => (running = undefined));
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  look();
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
}
