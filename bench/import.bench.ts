/**
 * GET_COMMAND_METADATA for 450 cmdlets of 25 parameters through a real session, asked by our client; and Import-PSSession
 * of the same by PowerShell, from our server and from its own.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@tieline/remoting";
import { PeerProcess } from "./peer-process.ts";
import { printProfile } from "./profile.ts";
import { OPEN_PIPE, runScript, stranger } from "./strangers.ts";

const CMDLETS = 450;
const PARAMETERS = 25;
const NAMES = ["Get-CsThing*"];
const TYPES = ["string", "int", "bool", "switch", "guid", "string[]", "datetime", "object"];

/** The same commands as functions, for PowerShell's own server; a session of its own gets them first. */
const DEFINE = `
$parameters = (0..${PARAMETERS - 1} | ForEach-Object { '[' + (${TYPES.map((type) => `'${type}'`).join(",")})[$_ % ${TYPES.length}] + ']$Parameter' + $_ + 'OfThing' }) -join ', '
$all = (0..${CMDLETS - 1} | ForEach-Object { "function global:Get-CsThing$_ { [CmdletBinding()] param($parameters) }" }) -join "\`n"
$shell = [powershell]::Create(); $shell.Runspace = $runspace
$null = $shell.AddScript($all).Invoke()
`;
const IMPORT = `
$session = [System.Management.Automation.Runspaces.PSSession]::Create($runspace, 'Pipe', $null)
$watch = [Diagnostics.Stopwatch]::StartNew()
$module = Import-PSSession -Session $session -CommandName Get-CsThing* -AllowClobber -WarningAction SilentlyContinue
$watch.Stop()
"seconds $($watch.Elapsed.TotalSeconds.ToString([cultureinfo]::InvariantCulture))"
"commands $(@(Get-Command Get-CsThing* -CommandType Function).Count)"
`;

async function ask(path: string): Promise<number> {
  await using session = await connect({ transport: { kind: "socket", path } });
  const began = performance.now();
  const found = await session.commandMetadata(NAMES);
  if (found.length !== CMDLETS) throw new Error(`${found.length} commands came`);
  return (performance.now() - began) / 1000;
}

async function imported(title: string, path: string, script: string): Promise<number | undefined> {
  const found = await runScript("PowerShell", script, { BENCH_PIPE: path });
  const seconds = found?.get("seconds");
  if (seconds === undefined) return undefined;
  if (found?.get("commands") !== CMDLETS) throw new Error(`${title}: ${found?.get("commands")} commands`);
  console.log(`${title.padEnd(52)} ${seconds.toFixed(2)} s`);
  return seconds;
}

const folder = mkdtempSync(join(tmpdir(), "tieline-bench-"));
try {
  const path = join(folder, "s");
  await using server = new PeerProcess(join(import.meta.dirname, "cmdlets-process.ts"), [path]);
  await server.ask("ready");
  const cold = await ask(path);
  const warm = Math.min(await ask(path), await ask(path), await ask(path));
  console.log(`our client asks our server: ${cold.toFixed(2)} s cold, ${warm.toFixed(2)} s warm (wanted: below 1)`);
  await server.startProfile();
  await ask(path);
  printProfile("server", await server.endProfile());
  const ours = await imported("PowerShell imports from our server", path, OPEN_PIPE + IMPORT);
  const program = stranger("PowerShell");
  if (program !== undefined) {
    const name = `tieline-bench-${process.pid}`;
    const pipe = join(tmpdir(), `CoreFxPipe_${name}`);
    const peer = spawn(program, ["-NoProfile", "-NonInteractive", "-CustomPipeName", name, "-Command", "Start-Sleep 900"], {
      stdio: "ignore",
    });
    try {
      for (let i = 0; i < 300 && !existsSync(pipe); i++) await wait(100);
      const theirs = await imported("PowerShell imports from PowerShell's server", pipe, OPEN_PIPE + DEFINE + IMPORT);
      if (ours !== undefined && theirs !== undefined) console.log(`from our server it takes 1/${(theirs / ours).toFixed(1)} of the time`);
    } finally {
      peer.kill();
      rmSync(pipe, { force: true });
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
