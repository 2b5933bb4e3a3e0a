/**
 * Proxy auto-configuration: the user's script runs in a thread and a QuickJS of its own (`pac-worker.ts`), with limits of
 * time and memory and without anything of this process but the functions that such scripts know.
 */
import { Worker } from "node:worker_threads";
import { Fault, isFault } from "@tieline/fault";
import { parseProxy, type ProxyChoice, type ProxyHop } from "@tieline/net";
import type { PacAnswer, PacQuestion, PacWorkerData } from "./pac-worker.ts";

export interface PacLimits {
  /** For one question, look-ups of names and the start of the thread included. Default 5,000. */
  timeoutMs?: number;
  /** Default 32 MiB. */
  memoryBytes?: number;
}

/** Longest script. */
export const MAX_PAC_BYTES = 1024 * 1024;

/** Hops that a result may name; more are left out. */
const MAX_HOPS = 20;

/**
 * The choice of a script; it is loaded when it is first asked. `source` gives its text, and is asked again after it failed.
 *
 * @param shown its address, for faults
 */
export function pacChoice(shown: string, source: () => Promise<string>, limits: PacLimits = {}): ProxyChoice {
  let script: Script | undefined;
  // The sandbox answers one question at a time.
  let turn: Promise<unknown> = Promise.resolve();
  const ask = async (url: string, host: string): Promise<readonly ProxyHop[]> => {
    try {
      script ??= start(shown, await source(), limits);
      return parsePacResult(await script.find(url, host));
    } catch (error) {
      script?.end();
      script = undefined;
      throw isFault(error) ? error : new Fault("proxy-script-unusable", { script: shown, reason: reasonOf(error) }, { cause: error });
    }
  };
  return (to) => {
    // Path and query are nobody's business here, as with browsers of today.
    const host = to.host.includes(":") ? `[${to.host}]` : to.host;
    const standard = to.port === (to.protocol === "https:" ? 443 : 80);
    const asked = turn.then(() => ask(`${to.protocol}//${host}${standard ? "" : `:${to.port}`}/`, to.host));
    turn = asked.catch(() => undefined);
    return asked;
  };
}

/**
 * `PROXY a:8080; SOCKS5 b; DIRECT` as hops, in their order. What is not understood is left out; nothing at all is DIRECT.
 * SOCKS without a number is taken as version 5.
 */
export function parsePacResult(text: unknown): readonly ProxyHop[] {
  const hops: ProxyHop[] = [];
  for (const entry of (typeof text === "string" ? text : "DIRECT").split(";").slice(0, MAX_HOPS)) {
    const [, word = "", address = ""] = /^\s*(\w+)(?:\s+(\S+))?\s*$/.exec(entry) ?? [];
    const scheme = SCHEMES[word.toUpperCase()];
    if (word.toUpperCase() === "DIRECT") hops.push("direct");
    else if (scheme !== undefined && address !== "") {
      try {
        hops.push(parseProxy(`${scheme}://${address}`));
      } catch {
        // One that cannot be read is one that cannot be used; the next may do.
      }
    }
  }
  return hops.length === 0 ? ["direct"] : hops;
}

const SCHEMES: Readonly<Record<string, string>> = { PROXY: "http", HTTP: "http", HTTPS: "https", SOCKS: "socks5", SOCKS5: "socks5" };

interface Script {
  find(url: string, host: string): Promise<unknown>;
  end(): void;
}

/** A thread with the script in it. */
function start(shown: string, text: string, { timeoutMs = 5000, memoryBytes = 32 * 1024 * 1024 }: PacLimits): Script {
  if (text.length > MAX_PAC_BYTES) throw new Fault("proxy-script-unusable", { script: shown, reason: "it is larger than 1 MiB" });
  if (!/\bFindProxyForURL\b/.test(text)) throw new Fault("proxy-script-unusable", { script: shown, reason: "it has no FindProxyForURL" });
  const file = new URL(import.meta.url.endsWith(".ts") ? "./pac-worker.ts" : "./pac-worker.js", import.meta.url);
  const worker = new Worker(file, {
    workerData: { text, memoryBytes } satisfies PacWorkerData,
    resourceLimits: { maxOldGenerationSizeMb: 128 },
    stdout: true,
    stderr: true,
  });
  // Between two questions it keeps nobody from leaving.
  worker.unref();
  let settle: (answer: PacAnswer) => void = () => undefined;
  worker.on("message", (answer: PacAnswer) => settle(answer));
  worker.on("error", (error: Error) => settle({ failed: error.message }));
  worker.on("exit", () => settle({ failed: "it was ended" }));
  return {
    async find(url, host) {
      worker.ref();
      let timer: NodeJS.Timeout | undefined;
      const answer = await new Promise<PacAnswer>((resolve) => {
        settle = resolve;
        timer = setTimeout(() => resolve({ failed: `it does not come to an end within ${timeoutMs / 1000} s` }), timeoutMs);
        worker.postMessage({ url, host } satisfies PacQuestion, []);
      });
      clearTimeout(timer);
      worker.unref();
      if ("failed" in answer) throw new Error(answer.failed);
      return answer.result;
    },
    end: () => void worker.terminate(),
  };
}

function reasonOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words.replace(/\s+/g, " ").slice(0, 200) || "it failed";
}
