/** The bridge as a process of its own, between a client of ours and a lab. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LabSecrets, startLab, type RunningLab } from "@tieline/server";
import { askBridge, type ControlEvent, type Descriptor, type OpenParameters } from "@tieline/connector";

const USER = "admin@contoso.com";
const program = fileURLToPath(new URL("../bin.ts", import.meta.url));
let folder: string;
let lab: RunningLab;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-b-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 3 });
  environment = { TIELINE_BRIDGE_FOLDER: join(folder, "b"), XDG_STATE_HOME: join(folder, "state"), TIELINE_TOKEN_CACHE: "memory" };
}, 60_000);

afterAll(async () => {
  await tieline("bridge", "--stop");
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function tieline(...words: string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, ["--conditions=@tieline/source", program, ...words], {
    env: { ...process.env, ...environment, TIELINE_PASSWORD: "not for the one that stays" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out })));
}

async function ask(to: Pick<Descriptor, "control" | "secret">, parameters: OpenParameters): Promise<ControlEvent[]> {
  const events: ControlEvent[] = [];
  for await (const event of askBridge(to, { request: "token", parameters, environment: {} })) events.push(event);
  return events;
}

test("it is started once, for two who ask at the same time, and signs in for whoever knows its secret", async () => {
  const [one, two] = (await Promise.all([tieline("bridge", "--start"), tieline("bridge", "--start")])).map(
    ({ out }) => JSON.parse(out) as Descriptor,
  );
  expect(one).toEqual(two);
  const bridge = one as Descriptor;
  const password = LabSecrets.open(lab.folder).password(USER) ?? "";
  const events = await ask(bridge, { lab: lab.folder, credential: { userName: USER, password } });
  expect(events.at(-1)).toMatchObject({ event: "token", token: expect.stringMatching(/^eyJ/) as unknown });
  expect(events).toContainEqual({ event: "verbose", text: "Requesting authentication token" });
  const refused = await ask(bridge, { lab: lab.folder, credential: { userName: USER, password: "wrong" } });
  expect(refused.at(-1)).toMatchObject({ event: "failed", fault: { code: "aadsts-50126", stage: "Requesting authentication token" } });
  expect(JSON.stringify(refused)).not.toContain(password);
}, 60_000);

test("a token for moves is for the hosted migration service, at its address or where discovery finds it", async () => {
  const bridge = JSON.parse((await tieline("bridge", "--start")).out) as Descriptor;
  const service = "https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc";
  for (const hostedMigration of [service, "admin0a.online.lync.com", true]) {
    const events = await ask(bridge, { userName: USER, lab: lab.folder, hostedMigration });
    expect(events.at(-1)).toMatchObject({ event: "token", targetUri: service, expiresAtMs: expect.any(Number) as unknown });
    const { token = "" } = events.at(-1) as { token?: string };
    expect(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())).toMatchObject({ aud: service, upn: USER });
  }
  const refused = await ask(bridge, { userName: USER, lab: lab.folder, hostedMigration: "pool01.contoso.local" });
  expect(refused.at(-1)).toMatchObject({ event: "failed", fault: { code: "move-challenge-unexpected" } });
}, 60_000);

test("settings of a PSSessionOption are taken or refused by name", async () => {
  const { out } = await tieline("bridge", "--start");
  const events = await ask(JSON.parse(out) as Descriptor, { userName: USER, lab: lab.folder, sessionOption: { UseUTF16: true } });
  expect(events.at(-1)).toMatchObject({ event: "failed", fault: { code: "session-option-refused" } });
}, 60_000);

test("no secret of its starter stays in its environment or its arguments", async () => {
  const { out } = await tieline("bridge", "--start");
  const { pid, secret } = JSON.parse(out) as Descriptor;
  if (!existsSync(`/proc/${pid}/environ`)) return;
  const shown = readFileSync(`/proc/${pid}/environ`, "utf8") + readFileSync(`/proc/${pid}/cmdline`, "utf8");
  expect(shown).not.toContain("not for the one that stays");
  expect(shown).not.toContain(secret);
}, 60_000);

test("it is stopped with its files, and asked for again starts anew", async () => {
  expect(JSON.parse((await tieline("bridge", "--list")).out)).toEqual([]);
  expect((await tieline("bridge", "--stop")).code).toBe(0);
  await expect.poll(() => readdirSync(join(folder, "b"))).toEqual([]);
  expect((await tieline("bridge", "--list")).out).toBe("");
  expect(JSON.parse((await tieline("bridge", "--start")).out)).toMatchObject({ pid: expect.any(Number) as unknown });
}, 60_000);
