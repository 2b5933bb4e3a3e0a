/** A server of the library with the commands that its own tests use, for strangers to connect to. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ntHash, SYSTEM_SOURCES } from "@tieline/auth";
import { RemotingServer } from "@tieline/remoting";
import { generateHostKey } from "../../packages/remoting/src/edge/ssh-server.ts";
import { testHandler } from "../../packages/remoting/src/testing.fixture.ts";

export interface TestServer extends AsyncDisposable {
  socket: string;
  refusing: string;
  sshPort: number;
  knownHosts: string;
  key: string;
  httpPort: number;
  httpsPort: number;
}

const names = ["alice", "nobody"];

export async function testServer(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "tieline-interop-"));
  const server = new RemotingServer<string>({ handler: testHandler({ opened: [], closed: [], numbers: 0 }) });
  const hostKey = generateHostKey();
  const userKey = generateHostKey();
  const pem = (name: string): string => readFileSync(new URL(`../../packages/remoting/vectors/tls/${name}.pem`, import.meta.url), "utf8");
  const authentication = {
    sources: SYSTEM_SOURCES,
    policy: { basic: true, ntlm: true },
    password: async (user: string, password: string) => (names.includes(user) && password === "Sesame!" ? { name: user } : undefined),
    ntlm: (user: string) => (names.includes(user.toLowerCase()) ? { ntHash: ntHash("Sesame!"), name: user.toLowerCase() } : undefined),
  };
  const [socket, refusing] = [join(folder, "socket"), join(folder, "refusing")];
  await server.listenSocket(socket, "alice");
  await server.listenSocket(refusing, "nobody");
  const ssh = await server.listenSsh({
    port: 0,
    hostKeys: [hostKey.privateKey],
    authenticator: { publicKey: async (user, key) => (key.fingerprint === userKey.fingerprint ? user : undefined) },
  });
  const http = await server.listenHttp({ authentication });
  const https = await server.listenHttp({ authentication, tls: { cert: pem("cert"), key: pem("key") } });
  const [knownHosts, key] = [join(folder, "known_hosts"), join(folder, "key")];
  writeFileSync(knownHosts, `[127.0.0.1]:${ssh.port} ${hostKey.publicKey}\n`);
  writeFileSync(key, userKey.privateKey, { mode: 0o600 });
  return {
    socket,
    refusing,
    knownHosts,
    key,
    sshPort: ssh.port,
    httpPort: http.port,
    httpsPort: https.port,
    async [Symbol.asyncDispose]() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
