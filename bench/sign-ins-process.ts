/** A lab in a process of its own whose event loop is watched. Argument: its folder. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { hashPassword, verifyPassword } from "@tieline/auth";
import { LabSecrets, startLab } from "@tieline/server";
import { answerQuestions } from "./peer-process.ts";

export interface SignInPlaces {
  port: number;
  authority: string;
  password: string;
  /** PEM of the lab's application. */
  certificate: string;
  key: string;
}

/** How late the loop came to what was due, in milliseconds. */
export interface LoopDelay {
  mean: number;
  p99: number;
  max: number;
}

const [folder = ""] = process.argv.slice(2);
const lab = await startLab({ folder, users: 5, limits: { perUser: 100_000, perTenant: 100_000, budget: "off" } });
const loop = monitorEventLoopDelay({ resolution: 5 });
const RESOLUTION_NS = 5e6;
const read = (name: string): string => readFileSync(join(folder, "authority", name), "utf8");

answerQuestions(
  {
    places: (): SignInPlaces => ({
      port: lab.description.ports["online-https"] ?? 0,
      authority: readFileSync(join(folder, lab.description.authority), "utf8"),
      password: LabSecrets.open(folder).password("admin@contoso.com"),
      certificate: read("automation.crt"),
      key: read("automation.key"),
    }),
    /** The bare hash in the same process, so many at a time; verifications a second. */
    async bareHashes(seconds: number, atATime: number): Promise<number> {
      const encoded = await hashPassword("bare");
      const began = performance.now();
      let done = 0;
      const worker = async (): Promise<void> => {
        for (; performance.now() - began < seconds * 1000; done += 1) await verifyPassword(encoded, "bare");
      };
      await Promise.all(Array.from({ length: atATime }, worker));
      return done / ((performance.now() - began) / 1000);
    },
    watchLoop() {
      loop.reset();
      loop.enable();
    },
    loopDelay(): LoopDelay {
      loop.disable();
      const late = (ns: number): number => Math.max(0, ns - RESOLUTION_NS) / 1e6;
      return { mean: late(loop.mean), p99: late(loop.percentile(99)), max: late(loop.max) };
    },
  },
  async () => lab[Symbol.asyncDispose](),
);
