/**
 * The way in for one PowerShell: a socket of its own that takes one client, who must show the session's secret in its
 * application arguments before anything is opened behind it.
 *
 * An open session ends from this side by its socket alone. Told of a closed pool, or of an error, PowerShell 7.6 leaves
 * a session over a pipe in the state Opened for ever; when its socket is gone it says Broken, and what runs is told.
 */
import { randomBytes } from "node:crypto";
import { Fault } from "@tieline/fault";
import {
  FAITHFUL,
  listenSocket,
  serveLink,
  type ByteLink,
  type Runspace,
  type ServedSession,
  type SessionContext,
  type SocketListener,
} from "@tieline/remoting";
import { PsDictionary, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { HostInfo } from "@tieline/remoting/psrp";
import type { BridgeSession } from "./bridge-session.ts";
import { same } from "./control.ts";
import { socketFor } from "./place.ts";
import { relayRunspace } from "./relay.ts";

/** The application argument that holds the secret; the service never sees it. */
export const SECRET_ARGUMENT = "TielineSecret";

/** What the PowerShell in front says of itself. */
export interface FrontEnd {
  host: HostInfo;
  applicationArguments: PsDictionary;
}

export interface SessionDoorOptions {
  folder: string;
  /** Opens what stands behind; what it throws is shown to the client. */
  open: (front: FrontEnd, signal: AbortSignal) => Promise<BridgeSession>;
  /** How long the client may take to come, and then to speak. */
  patienceMs: number;
}

/** As PowerShell's client takes them; the service has limits of its own. */
const LARGEST_OBJECT = 200 * 1024 * 1024;
/** The rightful client, and a few who are sent away. */
const MAX_CLIENTS = 4;
const ORIGIN = {
  principal: undefined,
  transport: "socket",
  clientAddress: undefined,
  endpoint: undefined,
  configurationName: "Microsoft.PowerShell",
  name: undefined,
} as const;

export class SessionDoor implements AsyncDisposable {
  readonly path: string;
  readonly secret = randomBytes(32).toString("base64url");
  readonly #options: SessionDoorOptions;
  readonly #clients = new Map<ServedSession, ByteLink>();
  #listener: SocketListener | undefined;
  #patience: NodeJS.Timeout | undefined;
  #taken = false;
  #finish: () => void = () => undefined;
  /** Resolves when the session is over, or nobody came. Never rejects. */
  readonly finished: Promise<void>;

  private constructor(options: SessionDoorOptions) {
    this.#options = options;
    this.path = socketFor(options.folder, "session");
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** @throws Fault `socket-taken`, `socket-path-too-long` */
  static async open(options: SessionDoorOptions): Promise<SessionDoor> {
    const door = new SessionDoor(options);
    door.#listener = await listenSocket(door.path, (link) => door.#serve(link), { maxConnections: MAX_CLIENTS });
    door.#patience = setTimeout(() => void door.close(), options.patienceMs).unref();
    return door;
  }

  async close(): Promise<void> {
    clearTimeout(this.#patience);
    await this.#listener?.close();
    for (const link of this.#clients.values()) link.destroy();
    await Promise.all([...this.#clients.keys()].map((client) => client.finished));
    this.#finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #serve(link: ByteLink): void {
    let rightful = false;
    const open = (context: SessionContext<undefined>): Promise<Runspace> => {
      this.#check(context);
      rightful = true;
      return this.#enter(context, link);
    };
    const client = serveLink(link, { open }, ORIGIN, {
      pool: { ...FAITHFUL, limits: { maxObjectSize: LARGEST_OBJECT, maxPipelineSize: Number.MAX_SAFE_INTEGER } },
      openTimeoutMs: this.#options.patienceMs,
    });
    this.#clients.set(client, link);
    void client.finished.then(() => {
      this.#clients.delete(client);
      if (rightful) this.#finish();
    });
  }

  /** @throws Fault `bridge-refused` */
  #check({ applicationArguments }: SessionContext<undefined>): void {
    const shown = unwrap(applicationArguments?.get(SECRET_ARGUMENT) ?? null);
    if (this.#taken || typeof shown !== "string" || !same(shown, this.secret)) throw new Fault("bridge-refused");
    this.#taken = true;
    clearTimeout(this.#patience);
    // Nobody else comes in; the connection that is there stays.
    void this.#listener?.close();
  }

  async #enter(context: SessionContext<undefined>, link: ByteLink): Promise<Runspace> {
    const { applicationArguments, host, signal } = context;
    const passed = new PsDictionary([...(applicationArguments ?? [])].filter(([name]) => name !== SECRET_ARGUMENT));
    const behind = await this.#options.open({ host, applicationArguments: passed }, signal);
    void behind.over.then(() => link.destroy());
    return relayRunspace(behind);
  }
}

function unwrap(value: PsValue): PsValue {
  return value instanceof PsObject && value.base !== undefined ? value.base : value;
}
