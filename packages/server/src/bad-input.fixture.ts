/** For tests of what hostile clients do: a lab, and callers who say byte for byte what they want. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as overHttp, type Agent } from "node:http";
import { request as overHttps } from "node:https";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dialler } from "@tieline/net";
import { connect } from "@tieline/remoting";
import { ClientPool, command, Reassembler } from "@tieline/remoting/psrp";
import { Caller, RESOURCE, SOAP_CONTENT_TYPE, type Answers, type OperationName, type Requests } from "@tieline/remoting/wsman";
import { startLab, type RunningLab } from "./lab/lab.ts";
import { LabSecrets } from "./lab/secrets.ts";

export const ADMIN = "admin@contoso.com";
export const POWERSHELL = `${RESOURCE.powershell}Microsoft.PowerShell`;
const PATH = "/OcsPowershellLiveId";

export interface Posted {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Uint8Array;
}

export interface PostOptions {
  user?: string;
  /** Default: that of the user. */
  authorization?: string;
  listener?: "online-https" | "pool-http";
  type?: string;
  agent?: Agent;
}

export type Target = Parameters<Caller["encode"]>[2];

export class HostileLab implements AsyncDisposable {
  readonly lab: RunningLab;
  readonly authority: string;
  readonly #secrets: LabSecrets;

  private constructor(lab: RunningLab) {
    this.lab = lab;
    this.authority = readFileSync(join(lab.folder, lab.description.authority), "utf8");
    this.#secrets = LabSecrets.open(lab.folder);
  }

  static async start(): Promise<HostileLab> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-bad-"));
    return new HostileLab(await startLab({ folder, users: 5, limits: { perUser: 1000, perTenant: 1000 } }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]();
    rmSync(this.lab.folder, { recursive: true, force: true });
  }

  password(user: string): string {
    return this.#secrets.password(user);
  }

  basic(user: string): string {
    return `Basic ${Buffer.from(`${user}:${this.password(user)}`).toString("base64")}`;
  }

  post(body: Uint8Array, options: PostOptions = {}): Promise<Posted> {
    const { listener = "online-https", user = ADMIN, authorization = this.basic(user), type = SOAP_CONTENT_TYPE, agent } = options;
    const secure = listener === "online-https";
    return new Promise((resolve, reject) => {
      const request = (secure ? overHttps : overHttp)(
        {
          host: "127.0.0.1",
          port: this.lab.description.ports[listener],
          path: PATH,
          method: "POST",
          headers: {
            "Content-Type": type,
            "Content-Length": body.length,
            ...(authorization === "" ? {} : { Authorization: authorization }),
          },
          ...(secure ? { ca: this.authority } : {}),
          ...(agent === undefined ? {} : { agent }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  caller(operationTimeoutMs = 5000): Caller {
    return new Caller({ uri: `https://localhost${PATH}`, newId: randomUUID, operationTimeoutMs });
  }

  /** Asks as a client does. @throws the fault that the service named */
  async ask<K extends OperationName>(
    operation: K,
    body: Requests[K],
    target: Target = {},
    options: PostOptions & { timeoutMs?: number } = {},
  ): Promise<Answers[K]> {
    const caller = this.caller(options.timeoutMs);
    const answer = await this.post(caller.encode(operation, body, { resourceUri: POWERSHELL, ...target }), options);
    return caller.decode(operation, { status: answer.status, body: answer.body });
  }

  /** Opens a shell with these bytes, by default honest ones. */
  async create(id: string, creationXml: Uint8Array = opening(id), target: Target = {}, timeoutMs = 5000): Promise<void> {
    await this.ask("create", { shellId: id, inputStreams: ["stdin", "pr"], outputStreams: ["stdout"], creationXml }, target, { timeoutMs });
  }

  /** A shell whose pool is open, and the pool at this end of it. */
  async shell(target: Target = {}): Promise<{ pool: ClientPool; on: Target }> {
    const pool = new ClientPool({ id: randomUUID() });
    pool.open();
    const action = pool.nextAction();
    await this.create(pool.id, action !== undefined && "bytes" in action ? action.bytes : new Uint8Array(0), target);
    const on = { shellId: pool.id };
    while (pool.state !== "opened") {
      const { streams } = await this.ask("receive", { streams: ["stdout"] }, on);
      for (const { bytes } of streams) pool.receive(bytes);
    }
    return { pool, on };
  }

  /** Says all this on the Unix socket, then listens to the end. */
  async overSocket(text: string): Promise<string> {
    const socket = connectSocket(this.lab.description.sockets?.find(({ user }) => user === ADMIN)?.path as string);
    // Who is refused in the middle of his speech is not heard to its end.
    socket.on("error", () => undefined);
    socket.end(text);
    let heard = "";
    for await (const chunk of socket) heard += String(chunk);
    return heard;
  }

  /** An honest session gets what it asks for. */
  async serves(): Promise<boolean> {
    await using session = await connect({
      transport: {
        kind: "wsman",
        uri: `https://localhost:${this.lab.description.ports["online-https"]}${PATH}`,
        credential: { kind: "password", user: ADMIN, password: this.password(ADMIN) },
        authentication: "Basic",
        dialler: new Dialler({ tls: { authorities: [this.authority] } }),
      },
    });
    return (await session.pipeline().command("Get-CsTenant").run().toArray()).length === 1;
  }
}

/** What a client opens a pool with. */
export function opening(id: string): Uint8Array {
  const pool = new ClientPool({ id });
  pool.open();
  const action = pool.nextAction();
  return action !== undefined && "bytes" in action ? action.bytes : new Uint8Array(0);
}

/** The fragments of a pipeline of this pool, one after another. */
export function pipeline(pool: ClientPool, id: string, argument: string): Uint8Array[] {
  pool.setFragmentSize(1000);
  pool.createPipeline(id, command("Get-CsTenant", { Identity: argument }));
  const fragments: Uint8Array[] = [];
  for (let action = pool.nextAction(); action !== undefined; action = pool.nextAction())
    if ("bytes" in action) fragments.push(action.bytes);
  return fragments;
}

/** The two messages of an opening, each whole, to be changed. */
export function openingMessages(id: string): Uint8Array[] {
  const messages: Uint8Array[] = [];
  new Reassembler({ side: "server", maxObjectSize: 1e6 }).push(opening(id), (message) => messages.push(Uint8Array.from(message)));
  return messages;
}
