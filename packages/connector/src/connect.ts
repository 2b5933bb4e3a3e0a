/** The stages, in order, and what a caller sees of them. */
import { isFault } from "@tieline/fault";
import { proxyName, type Dialler } from "@tieline/net";
import type { ConnectOptions, Endurance, Host, Session, WsmanTransport } from "@tieline/remoting";
import type { Progress, Stage, StageContext, Wish } from "./stage.ts";
import { determineDomain } from "./stages/determine-domain.ts";
import { discoverEndpoint } from "./stages/discover-endpoint.ts";
import { initializeSession, transportFor } from "./stages/initialize-session.ts";
import { requestToken } from "./stages/request-token.ts";

/** Everything before the session; the last stage makes it. */
export const STAGES: readonly Stage[] = [determineDomain, discoverEndpoint, requestToken];
export const LAST_STAGE = "Initializing remote session";
const REQUEST_STAGE = requestToken.words;

export interface Surroundings {
  dialler: Dialler;
  /** Shows prompts and progress of the session. */
  host?: Host;
  openTimeoutMs?: number;
  /** Whether the open session sits out a broken network, and who is told. */
  endurance?: Endurance;
  /** For one who passes on what both ends say (see `ConnectOptions.faithful`): what its own client says of itself goes to the service. */
  passOn?: Pick<ConnectOptions, "applicationArguments" | "faithful">;
  signal?: AbortSignal;
  /** The words of the stages, as `New-CsOnlineSession -Verbose` printed them. */
  say?: (words: string) => void;
  now?: () => number;
}

export interface Connection {
  session: Session;
  progress: Progress;
  /** How it was reached: for coming back to it. */
  transport: WsmanTransport;
}

/** A fault, with the stage in which it came. */
export type StagedError = Error & { stage?: string };

/**
 * Walks the stages and opens the session.
 *
 * @throws Fault with `stage` set to the stage's words
 */
export async function openConnection(wish: Wish, surroundings: Surroundings): Promise<Connection> {
  return staged(wish, surroundings, async (context) => {
    const initialize = (): Promise<Session> =>
      initializeSession(context, {
        ...(surroundings.host === undefined ? {} : { host: surroundings.host }),
        ...(surroundings.openTimeoutMs === undefined ? {} : { openTimeoutMs: surroundings.openTimeoutMs }),
        ...(surroundings.endurance === undefined ? {} : { endurance: surroundings.endurance }),
        ...surroundings.passOn,
      });
    const session = await initialize().catch(async (error: unknown) => {
      if (!(await replaced(context, error))) throw error;
      return initialize();
    });
    return { session, progress: context.progress, transport: transportFor(context) };
  });
}

/** Walks the stages as far as they need no session: for listing sessions, or coming back to one. */
export async function reachEndpoint(wish: Wish, surroundings: Surroundings): Promise<Omit<Connection, "session">> {
  return staged(wish, surroundings, async (context) => ({ progress: context.progress, transport: transportFor(context) }));
}

/** A credential that was kept may have been revoked since: where the endpoint refuses it, another is got in its place, once. */
async function replaced({ progress, say }: StageContext, error: unknown): Promise<boolean> {
  if (!isFault(error) || error.layer !== "authentication") return false;
  const credential = await named(REQUEST_STAGE, async () => progress.replaceCredential?.());
  if (credential === undefined) return false;
  say("The endpoint refuses the token that was kept here; another one was asked for");
  progress.credential = credential;
  return true;
}

async function staged<T>(wish: Wish, surroundings: Surroundings, last: (context: StageContext) => Promise<T>): Promise<T> {
  const say = surroundings.say ?? (() => undefined);
  // A line a stage and proxy: all of a stage's connections, and those that keep the session alive later, go the same way.
  let told: Set<string> | undefined;
  const dialler = surroundings.dialler.with({
    onProxy: (proxy) => {
      const name = proxyName(proxy);
      if (told === undefined || told.has(name)) return;
      told.add(name);
      say(`through the proxy ${name}`);
    },
  });
  const context: StageContext = {
    wish,
    progress: { hops: [] },
    dialler,
    signal: surroundings.signal,
    now: surroundings.now ?? (() => performance.now()),
    say,
  };
  for (const stage of STAGES) {
    say(stage.words);
    told = new Set();
    await named(stage.words, () => stage.run(context));
  }
  say(LAST_STAGE);
  told = new Set();
  try {
    return await named(LAST_STAGE, () => last(context));
  } finally {
    told = undefined;
  }
}

async function named<T>(stage: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // One that comes from an earlier stage done again keeps that stage.
    if (error instanceof Error) (error as StagedError).stage ??= stage;
    throw error;
  }
}
