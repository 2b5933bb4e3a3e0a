/** The server library with the test runspaces and the test programs, over https and http, for strangers to log on to. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HttpAcceptorOptions, kerberosAcceptor, ntHash, SYSTEM_SOURCES } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { RemotingServer, type RunspaceHandler } from "../packages/remoting/src/server.ts";
import { LabAuthority } from "../packages/server/src/lab/authority.ts";
import { testPrograms } from "./test-programs.ts";
import { testRunspaces } from "./test-runspace.ts";

export const USER = "alice";
export const PASSWORD = "Sesame, \u00f6ffne dich!";
/** Shells that one user may have. */
export const QUOTA = 8;

export interface TestService {
  httpsPort: number;
  httpPort: number;
  /** The file with the authority of the https certificate. */
  authority: string;
  /** Shells that are open. */
  shells(): number;
  close(): Promise<void>;
}

/** Refuses a user's shells beyond the quota. */
function limited(handler: RunspaceHandler<unknown>): RunspaceHandler<unknown> {
  const open = new Map<unknown, number>();
  return {
    async open(session) {
      const count = open.get(session.principal) ?? 0;
      if (count >= QUOTA) throw new Fault("shell-quota-user", { limit: QUOTA });
      open.set(session.principal, count + 1);
      const runspace = await handler.open(session);
      return Object.assign(runspace, { close: () => void open.set(session.principal, (open.get(session.principal) ?? 1) - 1) });
    },
  };
}

export interface TestServiceOptions {
  /** For Kerberos as well. */
  keytab?: string | undefined;
  /** Whether NTLM without a message integrity code is refused; some clients send none. */
  ntlmRequireMic?: boolean;
}

/** Starts both listeners on free ports. */
export async function testService({ keytab, ntlmRequireMic = true }: TestServiceOptions = {}): Promise<TestService> {
  const folder = mkdtempSync(join(tmpdir(), "tieline-interop-"));
  const authority = await LabAuthority.open(folder, Date.now());
  const tls = await authority.server("interop", ["localhost", "127.0.0.1"], Date.now());
  const server = new RemotingServer<string>({
    handler: limited(testRunspaces),
    wsman: { commandShell: testPrograms, hasConfiguration: (name) => name === "Microsoft.PowerShell", idleTimeout: { minMs: 1000 } },
  });
  const authentication: HttpAcceptorOptions = {
    sources: SYSTEM_SOURCES,
    policy: { basic: true, ntlm: true },
    ntlmRequireMic,
    password: async (user, password) => (user === USER && password === PASSWORD ? { name: USER } : undefined),
    ntlm: (user) => (user.toLowerCase() === USER ? { ntHash: ntHash(PASSWORD), name: USER } : undefined),
    ...(keytab === undefined ? {} : { kerberos: kerberosAcceptor({ keytab }) }),
  };
  const https = await server.listenHttp({ authentication, tls });
  const http = await server.listenHttp({ authentication });
  return {
    httpsPort: https.port,
    httpPort: http.port,
    authority: authority.path,
    shells: () => server.sessionCount,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
