/** For tests: a service behind the bridge, the bridge, and a client of ours in front of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "@tieline/fault";
import {
  connect,
  PowerShellError,
  RemotingServer,
  type ConnectOptions,
  type PipelineOutput,
  type PipelineRequest,
  type Runspace,
  type Session,
  type SessionContext,
} from "@tieline/remoting";
import { PsDictionary, PsObject, ScriptBlock, SecureString, Version, type PsValue } from "@tieline/remoting/objects";
import { errorRecord } from "@tieline/remoting/psrp";
import { askBridge } from "./ask.ts";
import { Bridge, type Attempt, type BridgeOptions, type Opener } from "./bridge.ts";
import type { ControlEvent, OpenParameters } from "./control.ts";

type Run = (args: ReadonlyMap<string, PsValue>, request: PipelineRequest, output: PipelineOutput) => Promise<void>;

const progress = {
  activity: "work",
  activityId: 1,
  statusDescription: "half",
  currentOperation: null,
  parentActivityId: -1,
  percentComplete: 50,
  completed: false,
  secondsRemaining: -1,
};

/** What the service can. */
const COMMANDS: Readonly<Record<string, Run>> = {
  async "Write-All"(_args, _request, output) {
    await output.write(1);
    await output.callHost("WriteLine2", ["between"]);
    await output.write(2);
    await output.error(errorRecord({ message: "soft", id: "Soft", category: "InvalidData", target: "it" }));
    await output.warning("careful");
    await output.verbose("talkative");
    await output.debug("detail");
    await output.progress(progress);
    await output.write(3);
  },
  async "Get-Double"(_args, { input }, output) {
    for await (const value of input) await output.write(Number(value) * 2);
  },
  async "Wait-Stop"(_args, { signal }, output) {
    await output.write("waiting");
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  },
  async "Read-Host"(_args, _request, output) {
    await output.write(`hello ${await output.callHost("ReadLine", [])}`);
  },
  async "Stop-Hard"() {
    throw new PowerShellError([errorRecord({ message: "hard", id: "Hard", category: "QuotaExceeded", target: "it" })], true);
  },
  async "Get-Big"(args, _request, output) {
    await output.write("x".repeat(Number(args.get("Size"))));
  },
  async "Get-Thing"(_args, _request, output) {
    const inner = new PsObject({ typeNames: ["Tieline.Inner", "System.Object"] }).set("Deep", PsObject.of({ Deeper: "kept" }), "adapted");
    const thing = new PsObject({ typeNames: ["Tieline.Thing", "System.Object"], text: "the thing" });
    await output.write(thing.set("Inner", inner, "adapted").set("Same", inner, "adapted").set("Code", new ScriptBlock(" 1 + 1 ")));
  },
  async "Get-Secret"(args, _request, output) {
    const secret = args.get("Secret");
    await output.write(secret instanceof SecureString ? secret.reveal() : "none");
    await output.write(new SecureString("of the service"));
  },
};

export class Service implements AsyncDisposable {
  readonly opened: SessionContext<string>[] = [];
  readonly requests: PipelineRequest[] = [];
  closed = 0;
  readonly path: string;
  readonly #server: RemotingServer<string>;

  private constructor(folder: string, protocolVersion: string | undefined) {
    this.path = join(folder, "service");
    this.#server = new RemotingServer({
      handler: { open: (session) => this.#open(session) },
      ...(protocolVersion === undefined ? {} : { pool: { protocolVersion } }),
    });
  }

  static async start(folder: string, protocolVersion?: string): Promise<Service> {
    const service = new Service(folder, protocolVersion);
    await service.#server.listenSocket(service.path, "tester");
    return service;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close(new Fault("wsman-shutting-down"));
  }

  #open(session: SessionContext<string>): Runspace {
    this.opened.push(session);
    return {
      privateData: PsDictionary.of({
        Service: "of the test",
        PSVersionTable: PsDictionary.of({ PSRemotingProtocolVersion: new Version("2.3") }),
      }),
      run: async (request, output) => {
        this.requests.push(request);
        for (const [command] of request.statements) {
          const args = new Map((command?.arguments ?? []).map(({ name, value }) => [name ?? "", value]));
          await (COMMANDS[command?.text ?? ""] ?? unknown)(args, request, output);
        }
      },
      commandMetadata: () =>
        Object.keys(COMMANDS).map((name) => ({
          name,
          namespace: "Tieline.Test",
          helpUri: "about:blank",
          commandType: 8,
          resolvedCommandName: null,
          outputTypes: ["System.Int32"],
          parameters: [{ name: "Size", parameterType: "System.Int32", aliases: ["S"], isDynamic: false, switchParameter: false }],
        })),
      reset: () => true,
      close: () => void (this.closed += 1),
    };
  }
}

async function unknown(): Promise<void> {
  throw new PowerShellError(
    [errorRecord({ message: "no such command", id: "CommandNotFoundException", category: "ObjectNotFound" })],
    true,
  );
}

/** An opener whose sessions are at the service; what it was asked for is kept. */
export function openerAt(service: { path: string }): Opener & { asked: OpenParameters[]; attempts: Attempt[] } {
  const asked: OpenParameters[] = [];
  const attempts: Attempt[] = [];
  return {
    asked,
    attempts,
    async open(parameters, _environment, { host, applicationArguments }, attempt) {
      asked.push(parameters);
      attempts.push(attempt);
      attempt.say("Initializing remote session");
      const session = await connect({
        transport: { kind: "socket", path: service.path },
        host: { info: host, methods: {} },
        applicationArguments: Object.fromEntries([...applicationArguments].map(([name, value]) => [String(name), value])),
        faithful: true,
        signal: attempt.signal,
      });
      return { session, facts: { computerName: "service.test", uri: "https://service.test/" } };
    },
    async token() {
      return { token: "of the test", targetUri: "https://service.test/" };
    },
  };
}

/** A folder of its own, a bridge in it, and what asks for sessions there. */
export class Bench implements AsyncDisposable {
  readonly folder: string;
  readonly bridge: Bridge;

  private constructor(folder: string, bridge: Bridge) {
    this.folder = folder;
    this.bridge = bridge;
  }

  static async start(opener: Opener, folder: string, options: Partial<BridgeOptions> = {}): Promise<Bench> {
    return new Bench(folder, await Bridge.start({ folder, opener, ...options }));
  }

  /** Opens a session as the module does. `events` are what was told meanwhile. */
  async open(
    options: Partial<ConnectOptions> = {},
    parameters: OpenParameters = {},
  ): Promise<{ session: Session; events: ControlEvent[] }> {
    const events: ControlEvent[] = [];
    let opening: Promise<Session> | undefined;
    for await (const event of askBridge(this.bridge.descriptor, { request: "open", name: "test", parameters, environment: {} })) {
      events.push(event);
      if (event.event === "pipe") {
        const { applicationArguments = {}, ...rest } = options;
        opening = connect({
          transport: { kind: "socket", path: event.path },
          applicationArguments: { ...applicationArguments, TielineSecret: event.secret },
          ...rest,
        });
        opening.catch(() => undefined);
      }
    }
    if (opening === undefined) throw new Error("no pipe was told");
    return { session: await opening, events };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bridge.close();
  }
}

export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "tieline-bridge-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
