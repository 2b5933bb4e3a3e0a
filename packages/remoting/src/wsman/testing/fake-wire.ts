/**
 * For tests: a client and a service joined without a network, a pool that echoes, and fragments to feed them with.
 * Time is a number that the test moves.
 */
import type { ClientAction, ServerAction } from "../../carrier.ts";
import type { HttpAnswer, WsmanRequest } from "../caller.ts";
import { ServerDispatch, type ServerOptions } from "../server-dispatch.ts";
import type { ServerEvent, ServerIdentity } from "../server-event.ts";

/** A fragment that is a whole message. */
export function fragment(text: string | Uint8Array, { id = 1, flags = 3 } = {}): Uint8Array {
  const blob = typeof text === "string" ? Buffer.from(text) : text;
  const bytes = Buffer.alloc(21 + blob.length);
  bytes.writeBigUInt64BE(BigInt(id), 0);
  bytes[16] = flags;
  bytes.writeUInt32BE(blob.length, 17);
  bytes.set(blob, 21);
  return bytes;
}

/** The text of a fragment's blob. */
export function blobOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(21)).toString();
}

/** GUIDs that count. */
export function counter(prefix = 0): () => string {
  let n = 0;
  return () => `${prefix.toString(16).padStart(8, "0")}-0000-4000-8000-${(++n).toString(16).padStart(12, "0")}`;
}

export const ALICE: ServerIdentity = { key: "contoso/alice", name: "alice", address: "10.0.0.1" };
export const BOB: ServerIdentity = { key: "contoso/bob", name: "bob", address: "10.0.0.2" };

/** Any client machine. */
export interface Speaker {
  nextRequest(): WsmanRequest | undefined;
  answered(id: number, answer: HttpAnswer): void;
}

/** A service with hosts that follow a script, and clients on it. */
export class FakeWire {
  readonly service: ServerDispatch;
  now = 1_000_000;
  /** Everything that the service told its host. */
  readonly events: ServerEvent[] = [];
  /** What a pool does about an action; the default opens, echoes and ends. */
  react: (action: ClientAction, shell: string) => ServerAction[] = echo;
  onOpen: (event: Extract<ServerEvent, { event: "open" }>) => void;
  onWinrs: (event: Extract<ServerEvent, { event: "winrs" }>) => void = () => {};
  #lastId = 0;
  readonly #asked = new Map<number, { to: Speaker; id: number }>();

  constructor(options: Partial<ServerOptions> = {}) {
    this.service = new ServerDispatch({ newId: counter(0xf), hasConfiguration: (name) => name === "Microsoft.PowerShell", ...options });
    this.onOpen = ({ shell }) => {
      this.service.accept(shell, this.now);
    };
  }

  /** Carries messages until nobody has anything to say. */
  run(...clients: { speaker: Speaker; identity: ServerIdentity }[]): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const { speaker, identity } of clients) {
        for (let request = speaker.nextRequest(); request !== undefined; request = speaker.nextRequest()) {
          moved = true;
          const id = ++this.#lastId;
          this.#asked.set(id, { to: speaker, id: request.id });
          this.service.request({ id, identity, body: request.envelope, url: "https://service.test/wsman" }, this.now);
        }
      }
      if (this.host()) moved = true;
      for (let answer = this.service.nextAnswer(); answer !== undefined; answer = this.service.nextAnswer()) {
        moved = true;
        const asked = this.#asked.get(answer.id);
        this.#asked.delete(answer.id);
        asked?.to.answered(asked.id, { status: answer.status, headers: {}, body: answer.body });
      }
    }
  }

  /** Lets the host react; true where there was something. */
  host(): boolean {
    let moved = false;
    for (let event = this.service.nextEvent(); event !== undefined; event = this.service.nextEvent()) {
      moved = true;
      this.events.push(event);
      if (event.event === "open") this.onOpen(event);
      else if (event.event === "action") {
        if (event.action.do === "connect") this.service.connected(event.shell, Buffer.concat([fragment("capability"), fragment("init")]));
        this.service.perform(event.shell, this.react(event.action, event.shell), this.now);
      } else if (event.event === "winrs") this.onWinrs(event);
    }
    return moved;
  }

  /** Requests that the service has not answered. */
  get pending(): number {
    return this.#asked.size;
  }
}

/** Opens with two messages, answers a command with its own blob, echoes input, ends on stop, closes on delete. */
export function echo(action: ClientAction): ServerAction[] {
  const data = (pipeline: string | undefined, text: string): ServerAction => ({ do: "data", pipeline, bytes: fragment(text) });
  switch (action.do) {
    case "create":
      return [data(undefined, "capability"), data(undefined, "opened")];
    case "connect":
      return [data(undefined, "private")];
    case "command":
      return [
        data(action.pipeline, `ran ${blobOf(action.bytes)}`),
        ...(blobOf(action.bytes).includes("wait") ? [] : finish(action.pipeline)),
      ];
    case "send":
      return [data(action.pipeline, `got ${blobOf(action.bytes)}`)];
    case "stop":
      return [data(action.pipeline, "stopped"), ...finish(action.pipeline)];
    case "delete":
      return [data(undefined, "closed"), { do: "closed" }];
    default:
      return [];
  }

  function finish(pipeline: string): ServerAction[] {
    return [
      { do: "data", pipeline, bytes: fragment("completed") },
      { do: "done", pipeline },
    ];
  }
}
