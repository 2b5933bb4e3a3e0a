/**
 * The thread in which a proxy script runs: a QuickJS inside WebAssembly inside a worker. QuickJS keeps the script from
 * this process; the bound of its memory is WebAssembly's own, which no script gets around; the bound of its time is that
 * the thread is ended, whatever it does.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createPacResolver } from "pac-resolver";
import { QuickJS } from "quickjs-wasi";

export interface PacWorkerData {
  text: string;
  memoryBytes: number;
}

/** `undefined` as url: only load the script. */
export interface PacQuestion {
  url: string;
  host: string;
}

export type PacAnswer = { result: unknown } | { failed: string };

const { text, memoryBytes } = workerData as PacWorkerData;
const find = load();
// Whoever asks is told; without a question there is nobody to tell.
find.catch(() => undefined);

parentPort?.on("message", ({ url, host }: PacQuestion) => {
  void find
    .then((resolve) => resolve(url, host))
    .then(
      (result): PacAnswer => ({ result }),
      (error: unknown): PacAnswer => ({ failed: error instanceof Error ? error.message : String(error) }),
    )
    .then((answer) => parentPort?.postMessage(answer, []));
});

async function load(): Promise<(url: string, host: string) => Promise<string>> {
  const wasm = bounded(
    readFileSync(join(dirname(createRequire(import.meta.url).resolve("quickjs-wasi/package.json")), "quickjs.wasm")),
    memoryBytes,
  );
  const sandbox = await QuickJS.create({ wasm, memoryLimit: memoryBytes });
  return createPacResolver(sandbox, text, { sandbox: { alert: () => undefined } });
}

/** The module with a maximum in its memory section (WebAssembly core 5.5.8). */
function bounded(module: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const MEMORY = 5;
  const PAGE = 65_536;
  for (let at = 8; at < module.length;) {
    const id = module[at];
    const size = leb(module, at + 1);
    const end = size.next + size.value;
    if (id !== MEMORY) {
      at = end;
      continue;
    }
    // One memory: count, flags, minimum and perhaps a maximum.
    const minimum = leb(module, size.next + 2);
    const pages = Math.max(minimum.value, Math.ceil(bytes / PAGE));
    const body = [1, 1, ...toLeb(minimum.value), ...toLeb(pages)];
    return new Uint8Array([...module.subarray(0, at), MEMORY, ...toLeb(body.length), ...body, ...module.subarray(end)]);
  }
  throw new Error("the sandbox has no memory to be bounded");
}

function leb(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  for (let at = from, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return { value, next: at + 1 };
  }
}

function toLeb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    out.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return out;
}
