/** `New-PSSession -HostName -Subsystem powershell` against our SSH server, through OpenSSH's client. */
import { spawnSync } from "node:child_process";
import type { Driver, Outcome } from "../driver.ts";
import { needsPowershell, runScript } from "./powershell.ts";
import { testServer } from "./test-server.ts";

function needs(): string | undefined {
  return needsPowershell() ?? (spawnSync("ssh", ["-V"]).status === 0 ? undefined : "no ssh on the PATH");
}

async function run(): Promise<Outcome> {
  await using server = await testServer();
  const variables = { TIELINE_PORT: String(server.sshPort), TIELINE_KNOWN_HOSTS: server.knownHosts, TIELINE_KEY: server.key };
  return await runScript("server-ssh.ps1", { variables });
}

export const driver: Driver = { name: "PowerShell as client, over SSH", needs, run };
