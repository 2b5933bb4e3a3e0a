/** `tieline bridge`: the process between stock PowerShell and the service, and what the module asks of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { askBridge, Bridge, bridgeFolder, readDescriptor, type ControlEvent, type Descriptor } from "@tieline/connector";
import { asFault, Fault, isFault } from "@tieline/fault";
import { EXIT } from "../exit-code.ts";
import type { CommonOptions, Surroundings } from "../invocation.ts";
import { bridgeOpener } from "./bridge-opener.ts";

export interface BridgeCommandOptions extends CommonOptions {
  serve?: boolean;
  start?: boolean;
  stop?: boolean;
  list?: boolean;
  idleMinutes: number;
}

/** How long a bridge may take to be there. */
const START_MS = 20_000;
const LOOK_MS = 50;

export async function bridge(options: BridgeCommandOptions, around: Surroundings): Promise<number> {
  const folder = bridgeFolder(around.environment);
  if (options.serve === true) return serve(folder, options, around);
  if (options.start === true) {
    const { control, secret, pid } = await started(folder, options);
    around.stdout.write(`${JSON.stringify({ control, secret, pid })}\n`);
    return EXIT.ok;
  }
  const running = await alive(folder);
  if (running === undefined) {
    around.stderr.write("No bridge is running.\n");
    return EXIT.ok;
  }
  const { event, ...said } = await only(running, { request: options.stop === true ? "stop" : "list" });
  around.stdout.write(`${JSON.stringify(event === "sessions" ? (said as { sessions: unknown }).sessions : { event })}\n`);
  return EXIT.ok;
}

async function serve(folder: string, options: BridgeCommandOptions, around: Surroundings): Promise<number> {
  await using served = await Bridge.start({ folder, opener: bridgeOpener(around), idleMs: options.idleMinutes * 60_000 });
  if (!around.signal.aborted) await Promise.race([once(around.signal, "abort"), served.ended]);
  return EXIT.ok;
}

/** The bridge that runs, or a new one. Of two that begin at once one finds the socket taken and leaves. */
async function started(folder: string, options: BridgeCommandOptions): Promise<Descriptor> {
  const running = await alive(folder);
  if (running !== undefined) return running;
  const [script = ""] = process.argv.slice(1);
  const child = spawn(
    process.execPath,
    [...process.execArgv, script, "bridge", "--serve", "--idle-minutes", String(options.idleMinutes)],
    // Of its own session, so that closing the terminal leaves it; with no folder held that somebody may want to remove.
    { detached: true, stdio: "ignore", windowsHide: true, cwd: folder, env: lasting(process.env) },
  );
  let failed: string | undefined;
  child.once("error", (error) => (failed = error.message));
  child.once("exit", (code) => (failed ??= `it ended with exit code ${code}`));
  child.unref();
  for (const end = performance.now() + START_MS; performance.now() < end;) {
    await delay(LOOK_MS);
    const found = await alive(folder);
    if (found !== undefined) return found;
    if (failed !== undefined && (await alive(folder)) === undefined) throw new Fault("bridge-not-started", { reason: failed });
  }
  throw new Fault("bridge-not-started", { reason: "it did not answer in time" });
}

/** What depends on it, secrets too, comes with each request; a process that lives on keeps none of it. */
function lasting(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => name === "TIELINE_BRIDGE_FOLDER" || !/^TIELINE_|_PROXY$/i.test(name)),
  );
}

async function alive(folder: string): Promise<Descriptor | undefined> {
  const found = readDescriptor(folder);
  if (found === undefined) return undefined;
  try {
    await only(found, { request: "list" });
    return found;
  } catch (error) {
    if (!isFault(error)) throw asFault(error);
    return undefined;
  }
}

/** The one answer of a request that has one. */
async function only(to: Descriptor, request: { request: "list" | "stop" }): Promise<ControlEvent> {
  for await (const event of askBridge(to, request)) return event;
  throw new Fault("bridge-unreachable", { reason: "it said nothing" });
}
