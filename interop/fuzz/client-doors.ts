/** Our own client against services that have gone mad: what honest services say, damaged on its way. It works, or ends in a fault. */
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFault } from "@tieline/fault";
import { connect, PowerShellError, RemotingServer, type Transport } from "@tieline/remoting";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { testHandler } from "../../packages/remoting/src/testing.fixture.ts";
import type { Chance } from "./chance.ts";
import type { Door } from "./door.ts";
import { Finding, inTime, type Outcome } from "./finding.ts";
import { mutateBytes, mutateXml } from "./mutate.ts";

const PASSWORD = "Sesame!";
/** After this the user loses patience and stops it. */
const PATIENCE_MS = 1500;
/** How long the stopping may take. */
const END_LIMIT_MS = 30_000;

interface Honest {
  server: RemotingServer<string>;
  httpPort: number;
  socketPath: string;
  folder: string;
}
let started: Promise<Honest> | undefined;

function honestServer(): Promise<Honest> {
  started ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), "tieline-fuzz-client-"));
    const server = new RemotingServer<string>({
      handler: testHandler({ opened: [], closed: [], numbers: 0 }),
      wsman: { operationTimeoutMs: 2000 },
    });
    const http = await server.listenHttp({
      authentication: {
        sources: SYSTEM_SOURCES,
        policy: { basic: true },
        allowUnencrypted: true,
        password: async (user, password) => (password === PASSWORD ? { name: user } : undefined),
      },
    });
    const socketPath = join(folder, "s");
    await server.listenSocket(socketPath, "alice");
    return { server, httpPort: http.port, socketPath, folder };
  })();
  return started;
}

/** Between client and server: hands everything on, but one chunk of the server's damaged. */
async function between(
  target: { port: number } | { path: string },
  at: number,
  chance: Chance,
  folder: string,
): Promise<{ server: Server; where: { port: number; path: string }; close: () => void }> {
  const sockets = new Set<Socket>();
  let chunks = 0;
  const server = createServer((client) => {
    const upstream = "port" in target ? dial(target.port, "127.0.0.1") : dial(target.path);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    client.on("data", (chunk) => upstream.write(chunk)).on("close", () => upstream.destroy());
    upstream.on("close", () => client.end());
    upstream.on("data", (chunk: Buffer) => {
      if (chunks++ !== at) return void client.write(chunk);
      if (chance.once(6)) return void client.destroy();
      if (chance.once(6)) return void 0;
      client.write(damagedAnswer(chunk, chance));
      return undefined;
    });
  });
  const path = join(folder, `p${chance.guid()}`);
  await new Promise<void>((resolve) => ("port" in target ? server.listen(0, "127.0.0.1", resolve) : server.listen(path, resolve)));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    server,
    where: { port, path },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** An answer of HTTP keeps its frame in most cases, so that the damage reaches what is inside. */
function damagedAnswer(chunk: Buffer, chance: Chance): Uint8Array {
  const end = chunk.indexOf("\r\n\r\n");
  if (end < 0 || chance.once(4))
    return chance.once(2) ? mutateBytes(chunk, chance) : Buffer.from(mutateXml(chunk.toString("latin1"), chance), "latin1");
  const body = chunk.subarray(end + 4);
  const damaged = chance.once(3) ? mutateBytes(body, chance) : Buffer.from(mutateXml(body.toString("utf8"), chance));
  const head = chunk.toString("latin1", 0, end).replace(/content-length: \d+/i, `Content-Length: ${damaged.length}`);
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), damaged]);
}

function door(name: string, weight: number, kind: "wsman" | "socket"): Door {
  return {
    name,
    weight,
    floor: 0.1,
    run: async (_, chance) => {
      const { httpPort, socketPath, folder } = await honestServer();
      const proxy = await between(
        kind === "wsman" ? { port: httpPort } : { path: socketPath },
        chance.below(kind === "wsman" ? 9 : 14),
        chance,
        folder,
      );
      const transport: Transport =
        kind === "socket"
          ? { kind: "socket", path: proxy.where.path }
          : {
              kind: "wsman",
              uri: `http://127.0.0.1:${proxy.where.port}/wsman`,
              credential: { kind: "password", user: "alice", password: PASSWORD },
              authentication: "Basic",
              allowUnencrypted: true,
              operationTimeoutMs: 1000,
              retries: 0,
            };
      try {
        return await inTime(session(transport, chance), END_LIMIT_MS, "a session of our client");
      } finally {
        proxy.close();
      }
    },
    close: async () => {
      if (started === undefined) return;
      const { server, folder } = await started;
      started = undefined;
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A user's session from opening to closing. */
async function session(transport: Transport, chance: Chance): Promise<Outcome> {
  const impatience = AbortSignal.timeout(PATIENCE_MS);
  const impatient = (error: unknown): boolean => impatience.aborted && error === impatience.reason;
  try {
    const opened = await connect({ transport, signal: impatience, openTimeoutMs: 5000 });
    try {
      for await (const _ of opened
        .pipeline()
        .command(chance.pick(["Get-Number", "Write-All", "Get-Thing", "Read-Host"]))
        .run({ signal: impatience }));
      for await (const _ of opened.invoke("Get-Number", { Count: 20 }, { signal: impatience }));
    } finally {
      await opened.close();
    }
    return "accepted";
  } catch (error) {
    if (impatient(error)) return "refused";
    if (error instanceof PowerShellError) return "refused";
    if (!isFault(error)) throw new Finding(`our client threw ${String(error)}`, (error as Error).stack ?? "");
    if (error.code === "internal")
      throw new Finding("our client's fault is internal", `${error.message}\n${(error.cause as Error | undefined)?.stack ?? ""}`);
    return "refused";
  }
}

export const CLIENT_DOORS: readonly Door[] = [door("our client over wsman", 3, "wsman"), door("our client over a socket", 4, "socket")];
