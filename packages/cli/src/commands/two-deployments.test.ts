/**
 * docs/service.md and docs/pool.md together: a service and a pool, each a deployment of its own, and a user who moves between
 * them by the pool's application. They find each other by names, through a proxy that stands in for DNS and port 443.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, createServer as createSocketServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LabAuthority, readConfiguration, startService, type RunningService } from "@tieline/server";
import { runMain, type Ran } from "../run-main.fixture.ts";

const SERVICE = "uc.contoso.com";
const POOL = "pool01.contoso.local";
const ADMIN = "admin@contoso.com";
const LOCAL_ADMIN = "administrator@contoso.local";
const PASSWORD = "a boat, a lamp, a fish";

let root: string;
let ports: Record<"service" | "pool", number>;
let proxy: Server;
const running: RunningService[] = [];

async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const tieline = (...words: string[]): Promise<Ran> => runMain(words, { state: join(root, "state"), env: { TIELINE_PASSWORD: PASSWORD } });
const authority = (folder: string): string => join(root, folder, "authority", "lab-ca.crt");

async function invoke(where: "service" | "pool", ...words: string[]): Promise<Record<string, unknown>[]> {
  const [host, user, signIn] = where === "service" ? [SERVICE, ADMIN, ["--authentication", "basic"]] : [POOL, LOCAL_ADMIN, []];
  const way = ["--connect-to", `${host}:443:127.0.0.1:${ports[where]}`, "--ca-file", authority(where), "--user", user, ...signIn];
  const target = ["--target-uri", `https://${host}/${where === "service" ? "OcsPowershellLiveId" : "OcsPowershell"}`];
  const ran = await tieline("invoke", ...way, ...target, "-o", "json", ...words);
  expect([ran.code, ran.err], words.join(" ")).toEqual([0, ""]);
  return ran.out === "" ? [] : (JSON.parse(ran.out) as Record<string, unknown>[]);
}

async function importInto(folder: string, rows: readonly Record<string, string>[]): Promise<void> {
  const file = join(root, `${folder}.csv`);
  const names = Object.keys(rows[0] ?? {});
  writeFileSync(file, [names, ...rows.map((row) => names.map((name) => `"${row[name]}"`))].map((line) => line.join(",")).join("\r\n"));
  const ran = await tieline("import", file, "--tenant", "contoso.com", "--config", join(root, folder, "tieline.json"));
  expect([ran.code, ran.err]).toEqual([0, ""]);
}

async function start(folder: "service" | "pool", more: object, environment: Record<string, string> = {}): Promise<void> {
  const path = join(root, folder, "tieline.json");
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), monitor: null, ...more }));
  running.push(await startService({ configuration: readConfiguration(path), environment, nowMs: () => Date.now() }));
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "tieline-two-"));
  ports = { service: await freePort(), pool: await freePort() };
  proxy = createServer().listen(0, "127.0.0.1");
  proxy.on("connect", (request, near) => {
    const port = request.url === `${SERVICE}:443` ? ports.service : 1;
    const far = connect(port, "127.0.0.1", () => {
      near.write("HTTP/1.1 200 OK\r\n\r\n");
      near.pipe(far).pipe(near);
    });
    for (const socket of [near, far]) socket.on("error", () => (near.destroy(), far.destroy()));
  });
  const common = ["--self-signed", "--no-http", "--tenant", "contoso.com"];
  const service = ["--admin", ADMIN, "--host", SERVICE, "--https-port", String(ports.service)];
  const pool = [
    "--pool",
    "--domain",
    "contoso.local",
    "--ntlm",
    "--admin",
    LOCAL_ADMIN,
    "--host",
    POOL,
    "--https-port",
    String(ports.pool),
  ];
  for (const [folder, words] of [
    ["service", service],
    ["pool", pool],
  ] as const)
    expect((await tieline("init", join(root, folder), ...common, ...words)).code).toBe(0);
  const person = {
    UserPrincipalName: "kenmyer@contoso.com",
    SipAddress: "sip:kenmyer@contoso.com",
    DisplayName: "Ken Myer",
    Enabled: "True",
  };
  const synchronised = { DirSyncEnabled: "True", InterpretedUserType: "HybridOnpremSfBUser", AssignedPlan: "MCOSTANDARD TEAMS1" };
  await importInto("service", [{ ...person, ...synchronised, HostingProvider: "SRV:", RegistrarPool: "" }]);
  await importInto("pool", [{ ...person, HostingProvider: "SRV:", RegistrarPool: POOL }]);
  // Nobody sits at a browser here.
  await start("service", { legacy: { basic: true } });
}, 60_000);
afterAll(async () => {
  for (const each of running.toReversed()) await each[Symbol.asyncDispose]();
  await new Promise((resolve) => proxy.close(resolve));
  rmSync(root, { recursive: true, force: true });
});

test("set up as the pages say, a user moves online and back by the pool's own application", async () => {
  await invoke("service", "Set-CsTenantFederationConfiguration", "-SharedSipAddressSpace", "$true");
  const issued = await (await LabAuthority.open(join(root, "own"), Date.now())).client("migration", Date.now());
  const files = { certificate: join(root, "migration.crt"), key: join(root, "migration.key") };
  writeFileSync(files.certificate, issued.cert);
  writeFileSync(files.key, issued.key);
  chmodSync(files.key, 0o600);
  const [application] = await invoke(
    "service",
    "New-MsolServicePrincipal",
    "-DisplayName",
    "Moves",
    "-Type",
    "Asymmetric",
    "-Value",
    issued.cert,
  );
  const appId = String(application?.["AppPrincipalId"]);
  for (const role of ["Lync Service Administrator", "User Account Administrator"])
    await invoke("service", "Add-MsolRoleMember", "-RoleName", role, "-RoleMemberType", "ServicePrincipal", "-RoleMemberObjectId", appId);

  const hybrid = {
    url: `https://${SERVICE}/HostedMigration/hostedmigrationservice.svc`,
    application: { tenant: "contoso.com", appId, ...files },
    authorities: [authority("service")],
  };
  await start("pool", { hybrid }, { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
  await invoke("pool", "Get-CsHostingProvider -Identity LyncOnline | Remove-CsHostingProvider -Confirm:$false");
  const provider = "-Enabled $true -EnabledSharedAddressSpace $true -HostsOCSUsers $true -VerificationLevel UseSourceVerification";
  await invoke(
    "pool",
    `New-CsHostingProvider -Identity SFBOnline -ProxyFqdn sipfed.online.lync.com ${provider} -IsLocal $false -AutodiscoverUrl https://${SERVICE}/Autodiscover/AutodiscoverService.svc/root`,
  );

  const homed = async () => {
    const [[there], [here]] = [
      await invoke("service", "Get-CsOnlineUser -Identity kenmyer@contoso.com | Select-Object HostingProvider, InterpretedUserType"),
      await invoke("pool", "Get-CsUser -Identity kenmyer@contoso.com | Select-Object HostingProvider, RegistrarPool"),
    ];
    return [there?.["HostingProvider"], there?.["InterpretedUserType"], here?.["HostingProvider"], here?.["RegistrarPool"]];
  };
  expect(await homed()).toEqual(["SRV:", "HybridOnpremSfBUser", "SRV:", POOL]);
  await invoke("pool", "Move-CsUser -Identity kenmyer@contoso.com -Target sipfed.online.lync.com -Confirm:$false");
  expect(await homed()).toEqual(["sipfed.online.lync.com", "HybridOnlineSfBUser", "sipfed.online.lync.com", null]);
  await invoke("pool", `Move-CsUser -Identity kenmyer@contoso.com -Target ${POOL} -Confirm:$false`);
  expect(await homed()).toEqual(["SRV:", "HybridOnpremSfBUser", "SRV:", POOL]);
}, 60_000);
