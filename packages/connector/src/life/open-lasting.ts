/** The stages again and again: a session that lasts, whose shells are opened by the same list as any other. */
import { isFault, type Fault } from "@tieline/fault";
import { openConnection, reachEndpoint, type Connection, type Surroundings } from "../connect.ts";
import type { Credential, Wish } from "../stage.ts";
import { Paces } from "./pace.ts";
import { LastingSession, type LastingOptions, type LivingShell } from "./lasting-session.ts";
import { reclaim, seatsHeld } from "./reclaim.ts";
import type { ShellRegistry } from "./shell-registry.ts";

export interface LastingWishes extends Omit<LastingOptions, "open" | "say"> {
  /** Remembers the shells of this process, and knows those that others have left. */
  registry?: ShellRegistry;
  /** Said once in a renewal or an outage, verbose or not; default: the verbose words' own way. */
  say?: (words: string) => void;
  /** What must be seen; default: said. */
  warn?: (words: string) => void;
}

export interface LastingConnection extends Omit<Connection, "session"> {
  session: LastingSession;
}

/**
 * Opens the first shell by the stages, and further ones when they are needed, without another word of the stages.
 *
 * @throws Fault with `stage` set; `shell-seats-held` where the quota is full of others
 */
export async function openLasting(wish: Wish, surroundings: Surroundings, wishes: LastingWishes = {}): Promise<LastingConnection> {
  const { registry, ...options } = wishes;
  const say = wishes.say ?? surroundings.say ?? (() => undefined);
  const remembered: Wish = { ...wish, credential: rememberPassword(wish.credential) };
  let connection: Connection | undefined;
  const pace = wishes.pace === undefined ? { pace: PACES.of(wish.user ?? "", wish.targetUri ?? "").told(say) } : {};
  const session = new LastingSession({
    ...options,
    ...pace,
    say,
    async open(closing): Promise<LivingShell> {
      const first = connection === undefined;
      const { say: _stages, ...quiet } = surroundings;
      const around: Surroundings = {
        ...(first ? surroundings : quiet),
        signal: surroundings.signal === undefined ? closing : AbortSignal.any([closing, surroundings.signal]),
        ...(options.reconnection === false
          ? {}
          : {
              endurance: {
                ...options.endurance,
                away: (reason) => say(`The service cannot be reached (${reason.message}) Trying again`),
                back: () => say("The service is back; the session goes on"),
                unsure: () =>
                  (wishes.warn ?? say)(
                    "This service does not say whether output was lost while it could not be reached: some may be missing",
                  ),
              },
            }),
      };
      const opened = await openReclaiming(remembered, around, registry);
      connection = opened;
      const { id } = opened.session;
      remember(registry, opened, remembered, say);
      return {
        session: opened.session,
        async release() {
          await opened.session.close();
          registry?.remove(id);
        },
      };
    },
  });
  await session.open(surroundings.signal);
  const current = (): Connection => connection as Connection;
  return {
    session: registry === undefined ? session : forgetting(session, registry),
    get progress() {
      return current().progress;
    },
    get transport() {
      return current().transport;
    },
  };
}

/** Opens; where this user's seats are taken, those that dead processes of this machine hold are given back first, once. */
async function openReclaiming(wish: Wish, around: Surroundings, registry: ShellRegistry | undefined): Promise<Connection> {
  try {
    return await openConnection(wish, around);
  } catch (error) {
    if (!isFault(error) || error.code !== "shell-quota-user") throw error;
    const { say: _stages, ...quiet } = around;
    const { transport } = await reachEndpoint(wish, quiet);
    const user = userOf(wish, transport);
    const reclaimed =
      registry === undefined ? [] : await reclaim(registry, transport, user, around.signal === undefined ? {} : { signal: around.signal });
    if (reclaimed.length > 0) {
      around.say?.(`Closed ${reclaimed.length} sessions that ended processes of this machine had left`);
      try {
        return await openConnection(wish, quiet);
      } catch (again) {
        if (!isFault(again) || again.code !== "shell-quota-user") throw again;
      }
    }
    throw Object.assign(await seatsHeld(transport, user, registry, error as Fault), { stage: (error as { stage?: string }).stage });
  }
}

function remember(registry: ShellRegistry | undefined, { session, transport }: Connection, wish: Wish, say: (words: string) => void): void {
  try {
    registry?.add({ id: session.id, uri: transport.uri, user: userOf(wish, transport), since: new Date().toISOString() });
  } catch (error) {
    // A folder that cannot be written costs a seat after a crash, not the session.
    say((error as Error).message);
  }
}

/** A session that is left for others is none of this process any more. */
function forgetting(session: LastingSession, registry: ShellRegistry): LastingSession {
  const leave = session.disconnect.bind(session);
  session.disconnect = async (options) => {
    const { id } = session;
    await leave(options);
    registry.remove(id);
  };
  return session;
}

function userOf(wish: Wish, transport: Connection["transport"]): string {
  const { credential } = transport;
  return wish.user ?? (credential.kind === "password" ? credential.user : "");
}

/** All sessions of this process that one account has at one service go at one pace. */
const PACES = new Paces();

/** A person is asked for a password once; a token is asked for each time, since it lapses. */
export function rememberPassword(ask: Wish["credential"]): Wish["credential"] {
  let known: Credential | undefined;
  return async (user) => {
    if (known !== undefined) return known;
    const credential = await ask(user);
    if (credential.kind !== "token") known = credential;
    return credential;
  };
}
