/**
 * Get-CsOnlineUser of 10,000 users, from the database of the service to the client's objects, service and client in
 * processes of their own: over TLS (WS-Management), SSH and a Unix socket. Beside it PowerShell and pypsrp as clients of
 * the same service, where they are.
 *
 * `TIELINE_PROFILE` shows the top functions too.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reading, Target, Way } from "./client-process.ts";
import type { LabPlaces } from "./lab-process.ts";
import { PeerProcess, type Use } from "./peer-process.ts";
import { printProfile } from "./profile.ts";
import { OPEN_PIPE, runScript, type Stranger } from "./strangers.ts";

const USERS = Number(process.env["TIELINE_USERS"] ?? 10_000);
const RUNS = 3;
const TITLES: Record<Way, string> = { https: "WS-Management over TLS", ssh: "SSH", socket: "Unix socket" };

const READ = `
foreach ($i in 1..2) {
  $shell = [powershell]::Create()
  $shell.Runspace = $runspace
  $watch = [Diagnostics.Stopwatch]::StartNew()
  $count = $shell.AddCommand('Get-CsOnlineUser').AddParameter('ResultSize', [int]$env:BENCH_SIZE).Invoke().Count
  $seconds = $watch.Elapsed.TotalSeconds
}
"objects $count"
"seconds $($seconds.ToString([cultureinfo]::InvariantCulture))"
$runspace.Close()
`;
const OPEN_HTTPS = `
$secret = ConvertTo-SecureString $env:BENCH_PASSWORD -AsPlainText -Force
$session = New-PSSession -ComputerName localhost -Port $env:BENCH_PORT -UseSSL -ApplicationName OcsPowershellLiveId -Authentication Basic \`
  -Credential ([pscredential]::new($env:BENCH_USER, $secret)) -SessionOption (New-PSSessionOption -SkipCACheck -SkipCNCheck) -ErrorAction Stop
$runspace = $session.Runspace
`;
const PYTHON = `
import os, time, warnings
warnings.simplefilter('ignore')
from pypsrp.wsman import WSMan
from pypsrp.powershell import RunspacePool, PowerShell
e = os.environ
wsman = WSMan('localhost', port=int(e['BENCH_PORT']), path='OcsPowershellLiveId', ssl=True, cert_validation=e['BENCH_CA'], auth='basic', username=e['BENCH_USER'], password=e['BENCH_PASSWORD'])
with wsman, RunspacePool(wsman) as pool:
    ps = PowerShell(pool)
    ps.add_cmdlet('Get-CsOnlineUser').add_parameter('ResultSize', int(e['BENCH_SIZE']))
    began = time.perf_counter()
    users = ps.invoke()
    print('objects', len(users))
    print('seconds', time.perf_counter() - began)
`;

const file = (name: string): string => join(import.meta.dirname, name);
const rate = (objects: number, seconds: number): string => Math.round(objects / seconds).toLocaleString("en");

function print(title: string, objects: number, seconds: number, rest = ""): void {
  console.log(`${title.padEnd(42)} ${seconds.toFixed(2).padStart(7)} s ${rate(objects, seconds).padStart(9)} objects/s ${rest}`);
}

const folder = mkdtempSync(join(tmpdir(), "tieline-bench-"));
try {
  await using lab = new PeerProcess(file("lab-process.ts"), [folder, String(USERS)]);
  await using client = new PeerProcess(file("client-process.ts"));
  const places = await lab.ask<LabPlaces>("places");
  const wanted = process.env["TIELINE_WAYS"]?.split(",");
  for (const way of ["https", "ssh", "socket"] as const) {
    if (wanted !== undefined && !wanted.includes(way)) continue;
    const target: Target = { way, places };
    const read = (): Promise<Reading> => client.ask<Reading>("read", target, "Get-CsOnlineUser", {});
    await read();
    const runs: { seconds: number; service: Use; reader: Use }[] = [];
    for (let i = 0; i < RUNS; i++) {
      await lab.use();
      await client.use();
      const { objects, seconds } = await read();
      if (objects !== USERS) throw new Error(`${objects} objects came`);
      runs.push({ seconds, service: await lab.use(), reader: await client.use() });
    }
    const [best] = runs.sort((a, b) => a.seconds - b.seconds);
    if (best === undefined) throw new Error("nothing was measured");
    await lab.startProfile();
    await client.startProfile();
    await read();
    const [service, reader] = [await lab.endProfile(), await client.endProfile()];
    const clixml =
      (best.service.cpuMs * service.share("remoting/clixml") + best.reader.cpuMs * reader.share("remoting/clixml")) /
      (best.service.cpuMs + best.reader.cpuMs);
    const cpu = `processor time: service ${best.service.cpuMs.toFixed(0)} ms, client ${best.reader.cpuMs.toFixed(0)} ms; CLIXML ${(100 * clixml).toFixed(0)} % of both`;
    print(TITLES[way], USERS, best.seconds, cpu);
    printProfile("service", service);
    printProfile("client", reader);
  }
  const [login] = places.logins;
  const strangers: readonly [string, Stranger, string][] =
    wanted === undefined || wanted.includes("strangers")
      ? [
          ["PowerShell as client, Unix socket", "PowerShell", OPEN_PIPE + READ],
          ["PowerShell as client, TLS", "PowerShell", OPEN_HTTPS + READ],
          ["pypsrp as client, TLS", "pypsrp", PYTHON],
        ]
      : [];
  for (const [title, name, script] of strangers) {
    const found = await runScript(name, script, {
      // These two take minutes for all.
      BENCH_SIZE: String(title.endsWith("TLS") ? Math.min(USERS, 1000) : USERS),
      BENCH_PIPE: places.socket,
      BENCH_PORT: String(places.httpsPort),
      BENCH_CA: places.authorityPath,
      BENCH_USER: login?.user ?? "",
      BENCH_PASSWORD: login?.password ?? "",
    });
    const seconds = found?.get("seconds");
    const objects = found?.get("objects") ?? 0;
    if (seconds !== undefined) print(title, objects, seconds, objects === USERS ? "" : `(of ${objects} objects)`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
