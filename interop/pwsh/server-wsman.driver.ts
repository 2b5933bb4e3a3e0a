/** `New-PSSession -ComputerName` against our WS-Management endpoint: Basic, Negotiate, sealed on http. */
import type { Driver, Outcome } from "../driver.ts";
import { needsWsmanClient, runScript } from "./powershell.ts";
import { testServer } from "./test-server.ts";

async function run(): Promise<Outcome> {
  await using server = await testServer();
  const variables = { TIELINE_HTTP: String(server.httpPort), TIELINE_HTTPS: String(server.httpsPort), KRB5CCNAME: "/nonexistent" };
  return await runScript("server-wsman.ps1", { variables, timeoutMs: 240_000 });
}

export const driver: Driver = { name: "PowerShell as client, over WS-Management", needs: needsWsmanClient, run };
