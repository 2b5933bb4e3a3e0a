/**
 * 100,000 numbers from our server to a stock PowerShell as client, over a pipe; beside it the same client and
 * PowerShell's own server. Ours puts many fragments into a packet, where PowerShell sends a packet for each object.
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

const COUNT = 100_000;
const READ = `
$best = [double]::MaxValue
foreach ($i in 1..3) {
  $shell = [powershell]::Create()
  $shell.Runspace = $runspace
  $watch = [Diagnostics.Stopwatch]::StartNew()
  $numbers = $shell.AddScript('1..${COUNT}').Invoke()
  $best = [math]::Min($best, $watch.Elapsed.TotalSeconds)
}
"count $($numbers.Count)"
"last $($numbers[-1])"
"seconds $($best.ToString([cultureinfo]::InvariantCulture))"
$runspace.Close()
`;

function print(title: string, seconds: number): void {
  console.log(
    `${title.padEnd(42)} ${seconds.toFixed(2).padStart(7)} s ${Math.round(COUNT / seconds)
      .toLocaleString("en")
      .padStart(10)} objects/s`,
  );
}

async function byPowerShell(title: string, path: string): Promise<number | undefined> {
  const found = await runScript("PowerShell", OPEN_PIPE + READ, { BENCH_PIPE: path });
  if (found === undefined) return undefined;
  if (found.get("count") !== COUNT || found.get("last") !== COUNT) throw new Error(`${title}: not everything came`);
  const seconds = found.get("seconds") ?? Number.NaN;
  print(title, seconds);
  return seconds;
}

/** PowerShell as a server on a pipe of its own. */
async function withPowerShellServer<T>(program: string, act: (path: string) => Promise<T>): Promise<T> {
  const name = `tieline-bench-${process.pid}`;
  const path = join(tmpdir(), `CoreFxPipe_${name}`);
  const server = spawn(program, ["-NoProfile", "-NonInteractive", "-CustomPipeName", name, "-Command", "Start-Sleep 900"], {
    stdio: "ignore",
  });
  try {
    for (let i = 0; i < 300 && !existsSync(path); i++) await wait(100);
    return await act(path);
  } finally {
    server.kill();
    rmSync(path, { force: true });
  }
}

const folder = mkdtempSync(join(tmpdir(), "tieline-bench-"));
try {
  const path = join(folder, "s");
  await using ours = new PeerProcess(join(import.meta.dirname, "numbers-process.ts"), [path]);
  await ours.ask("port");
  const read = async (at: string): Promise<number> => {
    await using session = await connect({ transport: { kind: "socket", path: at } });
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      const began = performance.now();
      let count = 0;
      for await (const _number of session.invokeScript(`1..${COUNT}`)) count++;
      if (count !== COUNT) throw new Error(`${count} objects came`);
      best = Math.min(best, (performance.now() - began) / 1000);
    }
    return best;
  };
  print("our client, our server", await read(path));
  await ours.startProfile();
  await read(path);
  printProfile("our server", await ours.endProfile());
  const mine = await byPowerShell("PowerShell's client, our server", path);
  const program = stranger("PowerShell");
  if (program !== undefined) {
    await withPowerShellServer(program, async (at) => {
      const theirs = await byPowerShell("PowerShell's client, PowerShell's server", at);
      print("our client, PowerShell's server", await read(at));
      if (mine !== undefined && theirs !== undefined)
        console.log(`to PowerShell's client our server is ${(theirs / mine).toFixed(1)} times as fast as its own`);
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
