/**
 * An administrator at the keyboard: a stock PowerShell on a terminal, Enter-PSSession into the lab by each carrier, and
 * scripts of that time after Import-PSSession.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { LabSecrets, startLab, type RunningLab } from "../../packages/server/src/index.ts";
import type { Driver, Outcome } from "../driver.ts";
import { needsPowershell, needsWsmanClient, powershell, runScript, Tally } from "./powershell.ts";
import { testServer, type TestServer } from "./test-server.ts";

const PYTHON = "/usr/bin/python3";
const typist = fileURLToPath(new URL("../python/pty_session.py", import.meta.url));
const pipeSession = fileURLToPath(new URL("pipe-session.psm1", import.meta.url));
const USER = "admin@contoso.com";
/** A terminal that hangs ends by itself long before. */
const TERMINAL_LIMIT_MS = 300_000;

/** What is typed, and what the screen shows then; `until` is what it ends with. */
interface Step {
  title: string;
  send: string;
  until: string;
  expect?: readonly string[];
  absent?: readonly string[];
  /** Ctrl-C after so many seconds. */
  interruptAfter?: number;
}

const LOCAL = String.raw`^PS /[^\n]*>`;
/** A session over a pipe has no computer's name to show. */
const REMOTE = String.raw`^(\[[^\n\]]*\]: )?PS>`;
const CONFIRM = String.raw`\(default is "Y"\):`;
const text = (plain: string): string => plain.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** A line with Enter behind it. */
const line = (title: string, typed: string, more: Partial<Step> = {}): Step => ({ title, send: `${typed}\r`, until: REMOTE, ...more });

/** At the lab's prompt, the same by every carrier. */
const AT_THE_LAB: readonly Step[] = [
  line("a table of what was selected", "Get-CsOnlineUser -Identity alice | Select-Object DisplayName, SipAddress", {
    expect: [String.raw`^DisplayName +SipAddress\s*$`, "^-+ +-+", "^Alice Jones +sip:alice@contoso.com"],
  }),
  line("a table of the cmdlet's own view", "Get-CsOnlineUser -Identity alice", {
    expect: ["^DisplayName +UserPrincipalName +SipAddress +Enabled +HostingProvider", "^Alice Jones +alice@contoso.com .* True "],
  }),
  line("an error as PowerShell shows it", "Get-CsOnlineUser -Identity nobody", {
    expect: [`^Get-CsOnlineUser: ${text('Management object not found for identity "nobody".')}`],
  }),
  line("an unknown command", "Get-Nonsense", { expect: [`The term 'Get-Nonsense' is not recognized as a name of a cmdlet`] }),
  line("script is refused", "$x = 1", { expect: ["The syntax is not supported by this runspace", "no-language mode"] }),
  line("a question", "Set-CsUser -Identity alice -AudioVideoDisabled $true -Confirm", {
    until: CONFIRM,
    expect: [
      "^Confirm",
      "^Are you sure you want to perform this action",
      `Performing the operation "Set-CsUser" on target "alice@contoso.com"`,
      String.raw`\[Y\] Yes`,
    ],
  }),
  line("answered by No", "n"),
  line("which changes nothing", "Get-CsOnlineUser -Identity alice | Select-Object AudioVideoDisabled", { expect: [String.raw`^\s*False`] }),
  line("asked again", "Set-CsUser -Identity alice -AudioVideoDisabled $true -Confirm", { until: CONFIRM }),
  line("answered by Yes", "y", { absent: ["Set-CsUser:"] }),
  line("which changes it", "Get-CsOnlineUser -Identity alice | Select-Object AudioVideoDisabled", { expect: [String.raw`^\s*True`] }),
  line("and back without a question", "Set-CsUser -Identity alice -AudioVideoDisabled $false"),
];

/** At the prompt of a test runspace, which has a command that waits. It has no Out-Default, so that output stays unseen. */
const AT_THE_TEST_SERVER: readonly Step[] = [
  line("Ctrl-C stops what runs", "Wait", { interruptAfter: 2 }),
  line("and the session goes on", "Fail", { expect: ["hard"] }),
];

const PREPARED = [
  { title: "a prompt of its own", send: "", until: LOCAL },
  line("prepared", `Set-PSReadLineOption -PredictionSource None; Import-Module ${pipeSession}`, { until: LOCAL, absent: ["Error"] }),
];

/** A way in: what is typed before and after. */
interface Way {
  label: string;
  before?: string;
  enter: string;
  steps: readonly Step[];
  /** A command after `exit`, for sessions that outlive it, with what it shows. */
  after?: readonly [typed: string, shown: string];
  env?: Readonly<Record<string, string>>;
}

function typed({ label, before, enter, steps, after }: Way): Step[] {
  const left = after === undefined ? [] : [line("the session is still of use", after[0], { until: LOCAL, expect: [after[1]] })];
  return [
    ...PREPARED,
    ...(before === undefined ? [] : [line("a session", before, { until: LOCAL })]),
    line("Enter-PSSession", enter),
    ...steps,
    line("exit", "exit", { until: LOCAL }),
    ...left,
    line("nothing is left", "Get-PSSession | Remove-PSSession; (Get-PSSession | Measure-Object).Count", {
      until: LOCAL,
      expect: [String.raw`^0\s*$`],
    }),
  ].map((step) => ({ ...step, title: `${label}: ${step.title}` }));
}

/** Runs the steps on a terminal of their own. */
async function onTerminal(steps: readonly Step[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  const child = spawn(PYTHON, [typist], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify({ command: [powershell(), "-NoProfile", "-NoLogo"], env, steps }));
  const timer = setTimeout(() => child.kill("SIGKILL"), TERMINAL_LIMIT_MS);
  let [passed, failed] = [0, 0];
  for await (const said of createInterface({ input: child.stdout })) {
    const verdict = JSON.parse(said) as { case: string; ok: boolean; error: string };
    if (verdict.ok) passed += 1;
    else {
      failed += 1;
      console.log(`  FAILED  ${verdict.case}: ${verdict.error.split("\n").slice(-25).join("\n          ")}`);
    }
  }
  clearTimeout(timer);
  const missing = steps.length - passed - failed;
  if (missing > 0) console.log(`  FAILED  ${missing} steps were not reached`);
  return { passed, failed: failed + missing };
}

/** Files that the ways need: who the SSH servers are, and a program that knows the password. */
function ssh(folder: string, lab: RunningLab): { options: string; env: Readonly<Record<string, string>> } {
  const [known, askpass] = [join(folder, "known_hosts"), join(folder, "askpass")];
  const port = lab.description.ports["online-ssh"];
  writeFileSync(known, `[127.0.0.1]:${port} ${readFileSync(join(lab.folder, "keys", "ssh_host_ed25519.pub"), "utf8")}`);
  writeFileSync(askpass, '#!/bin/sh\nprintf "%s\\n" "$TIELINE_LAB_PASSWORD"\n', { mode: 0o700 });
  return {
    options: `-HostName 127.0.0.1 -Port ${port} -Subsystem powershell -Options @{ StrictHostKeyChecking = 'yes'; UserKnownHostsFile = '${known}' }`,
    env: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force" },
  };
}

/** Where a program of this machine finds the administrator's session. */
function socketOf(lab: RunningLab): string {
  return lab.description.sockets?.find(({ user }) => user === USER)?.path ?? "none";
}

function ways(folder: string, lab: RunningLab, server: TestServer): Way[] {
  const { options, env } = ssh(folder, lab);
  const unchecked = "$o = New-PSSessionOption -SkipCACheck -SkipCNCheck";
  const credential = (user: string, password: string): string =>
    `${unchecked}; $c = [pscredential]::new('${user}', (ConvertTo-SecureString ${password} -AsPlainText -Force))`;
  const secure = "-UseSSL -Authentication Basic -Credential $c -SessionOption $o";
  const testOptions = `-Subsystem powershell -UserName alice -KeyFilePath ${server.key} -Options @{ StrictHostKeyChecking = 'yes'; UserKnownHostsFile = '${server.knownHosts}' }`;
  const found: Way[] = [
    { label: "SSH, password", enter: `Enter-PSSession -UserName ${USER} ${options}`, steps: AT_THE_LAB, env },
    {
      label: "pipe",
      before: `$s = New-SocketSession ${socketOf(lab)}`,
      enter: "Enter-PSSession $s",
      steps: AT_THE_LAB,
      after: ["Invoke-Command $s { Get-CsTenant } | Format-List DisplayName", "^DisplayName : Contoso.com"],
    },
    {
      label: "SSH, key, Ctrl-C",
      before: `$s = New-PSSession -HostName 127.0.0.1 -Port ${server.sshPort} ${testOptions}`,
      enter: "Enter-PSSession $s",
      steps: AT_THE_TEST_SERVER,
      after: ["(Invoke-Command $s { Get-Number -Count 7 })[-1]", String.raw`^7\s*$`],
    },
    {
      label: "pipe, Ctrl-C",
      before: `$s = New-SocketSession ${server.socket}`,
      enter: "Enter-PSSession $s",
      steps: AT_THE_TEST_SERVER,
      after: ["(Invoke-Command $s { Get-Number -Count 7 })[-1]", String.raw`^7\s*$`],
    },
  ];
  const module = fileURLToPath(new URL("../../packages/cli/powershell/Tieline/Tieline.psd1", import.meta.url));
  const command = fileURLToPath(new URL("../../packages/cli/bin/tieline.js", import.meta.url));
  const bridged = { TIELINE_COMMAND: command, TIELINE_BRIDGE_FOLDER: join(folder, "b"), TIELINE_TOKEN_CACHE: "memory" };
  const trusted = fileURLToPath(new URL("../../packages/remoting/vectors/tls/cert.pem", import.meta.url));
  const alice = "([pscredential]::new('alice', (ConvertTo-SecureString 'Sesame!' -AsPlainText -Force)))";
  found.push(
    {
      label: "Tieline's module",
      before: `Import-Module ${module}; $s = Connect-Tieline ${USER} -LabFolder ${lab.folder}`,
      enter: "Enter-PSSession $s",
      steps: AT_THE_LAB,
      after: ["Invoke-Command $s { Get-CsTenant } | Format-List DisplayName", "^DisplayName : Contoso.com"],
      env: bridged,
    },
    {
      label: "Tieline's module, Ctrl-C",
      before: `Import-Module ${module}; $s = Connect-Tieline -Credential ${alice} -OverridePowerShellUri https://localhost:${server.httpsPort} -Authentication Basic -CAFile ${trusted}`,
      enter: "Enter-PSSession $s",
      steps: AT_THE_TEST_SERVER,
      after: ["(Invoke-Command $s { Get-Number -Count 7 })[-1]", String.raw`^7\s*$`],
      env: bridged,
    },
  );
  if (needsWsmanClient() !== undefined) return found;
  const { ports } = lab.description;
  return [
    ...found,
    {
      label: "WS-Management",
      before: credential(USER, "$env:TIELINE_LAB_PASSWORD"),
      enter: `Enter-PSSession -ComputerName localhost -Port ${ports["online-https"]} ${secure}`,
      steps: AT_THE_LAB,
    },
    {
      label: "WS-Management, Ctrl-C",
      before: `${credential("alice", "'Sesame!'")}; $s = New-PSSession -ComputerName localhost -Port ${server.httpsPort} ${secure}`,
      enter: "Enter-PSSession $s",
      steps: AT_THE_TEST_SERVER,
      after: ["(Invoke-Command $s { Get-Number -Count 7 })[-1]", String.raw`^7\s*$`],
    },
  ];
}

/** By which carriers the scripts run. */
function targets(lab: RunningLab): Readonly<Record<string, string>>[] {
  const uri = `https://localhost:${lab.description.ports["online-https"]}/OcsPowershellLiveId`;
  return [{ TIELINE_SOCKET: socketOf(lab) }, ...(needsWsmanClient() === undefined ? [{ TIELINE_URI: uri, TIELINE_LAB_USER: USER }] : [])];
}

async function run(): Promise<Outcome> {
  const tally = new Tally();
  const folder = mkdtempSync(join(tmpdir(), "tieline-enter-"));
  try {
    await using lab = await startLab({ folder: join(folder, "lab"), users: 30 });
    await using server = await testServer();
    // What PowerShell remembers of what was typed is no business of whoever runs this.
    const home = Object.fromEntries(["DATA", "CONFIG", "CACHE"].map((kind) => [`XDG_${kind}_HOME`, join(folder, kind.toLowerCase())]));
    const env = {
      ...home,
      POWERSHELL_TELEMETRY_OPTOUT: "1",
      POWERSHELL_UPDATECHECK: "Off",
      TIELINE_LAB_PASSWORD: LabSecrets.open(lab.folder).password(USER),
    };
    for (const way of ways(folder, lab, server)) tally.add(await onTerminal(typed(way), { ...env, ...way.env }));
    tally.expect("no session of the terminals is left at the lab", lab.sessionCount(), 0);
    const scripts = join(folder, "scripts");
    mkdirSync(scripts);
    for (const target of targets(lab))
      tally.add(await runScript("founding-scripts.ps1", { variables: { ...env, ...target, TIELINE_FOLDER: scripts } }));
    tally.expect("no session of the scripts is left at the lab", lab.sessionCount(), 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return tally.count;
}

export const driver: Driver = {
  name: "PowerShell on a terminal: Enter-PSSession, and scripts of old",
  needs() {
    const missing = needsPowershell();
    if (missing !== undefined) return missing;
    if (spawnSync(PYTHON, ["--version"]).status !== 0) return `no ${PYTHON}`;
    return spawnSync("ssh", ["-V"]).status === 0 ? undefined : "no ssh on the PATH";
  },
  run,
};
