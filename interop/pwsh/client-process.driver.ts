/** Our client against `pwsh -s`, a child process, and against a PowerShell behind OpenSSH's server. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { connect, PLAIN_HOST, PsDictionary, SecureString, type Session, type StreamRecord, type Transport } from "@tieline/remoting";
import { generateHostKey } from "../../packages/remoting/src/edge/ssh-server.ts";
import type { Driver, Outcome } from "../driver.ts";
import { needsPowershell, powershell, Tally } from "./powershell.ts";

async function run(): Promise<Outcome> {
  const tally = new Tally();
  await suite(tally, { kind: "process", command: powershell() as string });
  await overSsh(tally);
  return tally.count;
}

async function suite(tally: Tally, transport: Transport): Promise<void> {
  const shown: string[] = [];
  const host = {
    info: PLAIN_HOST,
    methods: {
      ReadLine: () => "typed",
      WriteLine2: ([text]: readonly [string | null]) => void shown.push(text ?? ""),
      WriteLine3: ([, , text]: readonly [number, number, string | null]) => void shown.push(text ?? ""),
      Prompt: () => new PsDictionary([["Read-Host", "prompted"]]),
      PromptForChoice: () => 1,
    },
  };
  await using session = await connect({ transport, host, applicationArguments: { Mine: "yes" }, maxRunspaces: 2 });
  tally.expect("protocol", session.protocolVersion, "2.4");
  tally.expect("version", session.serverVersion?.startsWith("7."), true);
  const run = (script: string, input?: Iterable<number>): Promise<unknown[]> =>
    session
      .pipeline()
      .script(script)
      .run(input === undefined ? {} : { input })
      .toArray();
  tally.expect("script", await run("1; 'two'; 3.5; $true; $null"), [1, "two", 3.5, true, null]);
  tally.expect("application arguments", await run("$PSSenderInfo.ApplicationArguments.Mine"), ["yes"]);
  tally.expect("many", (await run("1..20000")).length, 20_000);
  tally.expect("much", String((await run("'x' * 3000000"))[0]).length, 3_000_000);
  tally.expect("input", await run("$input | Measure-Object -Sum | ForEach-Object Sum", numbers(3000)), [4_498_500]);
  tally.expect(
    "commands",
    await session
      .pipeline()
      .command("Get-Date")
      .parameter("Year", 2020)
      .command("ForEach-Object")
      .parameter("MemberName", "Year")
      .run()
      .toArray(),
    [2020],
  );
  tally.expect(
    "statements",
    await session.pipeline().command("Write-Output").argument("a").statement().command("Write-Output").argument("b").run().toArray(),
    ["a", "b"],
  );
  await streams(tally, session);
  tally.expect(
    "host",
    await run("Write-Host shown; $Host.UI.ReadLine(); Read-Host ask; $Host.UI.PromptForChoice('c', 'm', @('&A', '&B'), 0)"),
    ["typed", "prompted", 1],
  );
  tally.expect("shown", shown.includes("shown"), true);
  const secret = await session.pipeline().script("param($s) $s.Length; $s").parameter("s", new SecureString("hüsh")).run().toArray();
  tally.expect("secret", [secret[0], (secret[1] as SecureString).reveal()], [4, "hüsh"]);
  await tally.refuses("thrown", () => run("throw 'x'"), "x");
  await tally.refuses("unknown command", () => session.invoke("No-Such").next(), "CommandNotFoundException");
  tally.expect(
    "metadata",
    (await session.commandMetadata(["Get-Item"])).map((command) => command.name),
    ["Get-Item"],
  );
  await stopping(tally, session);
  const both = await Promise.all([run("Start-Sleep -Milliseconds 500; 1"), run("Start-Sleep -Milliseconds 500; 2")]);
  tally.expect("two at a time", both, [[1], [2]]);
  tally.expect("free runspaces", await session.availableRunspaces(), 2);
}

function* numbers(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

async function streams(tally: Tally, session: Session): Promise<void> {
  const text = "'o'; Write-Error e; Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Information i; Write-Progress p";
  const records: StreamRecord["stream"][] = [];
  for await (const record of session.pipeline().script(text).run()) records.push(record.stream);
  tally.expect("streams", records, ["output", "error", "warning", "verbose", "debug", "information", "progress"]);
}

async function stopping(tally: Tally, session: Session): Promise<void> {
  const controller = new AbortController();
  const started = performance.now();
  setTimeout(() => controller.abort(), 300);
  try {
    for await (const _ of session.invokeScript("Start-Sleep 60", { signal: controller.signal }));
    tally.expect("stop", "no error", "AbortError");
  } catch (error) {
    tally.expect("stop", (error as Error).name, "AbortError");
  }
  tally.expect("stopped soon", performance.now() - started < 10_000, true);
  for await (const value of session.invokeScript("1..1000000")) if (value === 10) break;
  tally.expect("after leaving a loop", await session.pipeline().script("'alive'").run().toArray(), ["alive"]);
}

/** OpenSSH's own server, as this user, with PowerShell as its subsystem. */
async function overSsh(tally: Tally): Promise<void> {
  const sshd = "/usr/sbin/sshd";
  if (spawnSync(sshd, ["-V"]).error !== undefined) {
    console.log("  (no sshd: SSH is left out)");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "tieline-sshd-"));
  const [hostKey, userKey] = [generateHostKey(), generateHostKey()];
  const port = await freePort();
  writeFileSync(join(folder, "host"), hostKey.privateKey, { mode: 0o600 });
  writeFileSync(join(folder, "authorized"), `${userKey.publicKey}\n`, { mode: 0o600 });
  const settings = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(folder, "host")}`,
    `AuthorizedKeysFile ${join(folder, "authorized")}`,
    "PermitRootLogin prohibit-password",
    "StrictModes no",
    "UsePAM no",
    "PidFile none",
    `Subsystem powershell ${powershell()} -sshs -NoLogo -NoProfile`,
  ];
  writeFileSync(join(folder, "config"), `${settings.join("\n")}\n`);
  const daemon = spawn(sshd, ["-D", "-e", "-f", join(folder, "config")], { stdio: "ignore" });
  try {
    const hostTrust = { knownHosts: `[127.0.0.1]:${port} ${hostKey.publicKey}` };
    const transport: Transport = {
      kind: "ssh",
      host: "127.0.0.1",
      port,
      user: userInfo().username,
      privateKey: { pem: userKey.privateKey },
      hostKey: hostTrust,
    };
    await until(port);
    await suite(tally, transport);
  } finally {
    daemon.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(port: number): Promise<void> {
  const { connect: dial } = await import("node:net");
  for (let attempt = 0; attempt < 50; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = dial(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const driver: Driver = { name: "PowerShell as server, as a child process and over SSH", needs: needsPowershell, run };
