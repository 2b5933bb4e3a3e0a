/** PowerShell's client against our server over a Unix socket. */
import type { Driver, Outcome } from "../driver.ts";
import { needsPowershell, runScript } from "./powershell.ts";
import { testServer } from "./test-server.ts";

async function run(): Promise<Outcome> {
  await using server = await testServer();
  return await runScript("server-socket.ps1", { variables: { TIELINE_SOCKET: server.socket, TIELINE_REFUSING: server.refusing } });
}

export const driver: Driver = { name: "PowerShell as client, over a socket", needs: needsPowershell, run };
