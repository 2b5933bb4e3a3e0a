/** The lab in a process of its own, so that its end is seen; it answers questions about itself over the channel to its parent. */
import { setTimeout as pause } from "node:timers/promises";
import { LabSecrets, startLab } from "@tieline/server";
import type { LabFacts, LabState } from "./service.ts";

const [folder = ""] = process.argv.slice(2);
const lab = await startLab({ folder, users: 400, limits: { perUser: 100_000, perTenant: 100_000, budget: "off" } });
const secrets = LabSecrets.open(folder);
const passwords = Object.fromEntries(lab.logins.map(({ user }) => [user, secrets.password(user)]));

process.on("message", (question) => {
  if (question === "state") void state().then((answer) => process.send?.(answer));
  // A defect that nobody caught: what is left behind is looked at.
  if (question === "crash")
    setImmediate(() => {
      throw new Error("a crash on purpose");
    });
  if (question === "stop") void lab[Symbol.asyncDispose]().then(() => process.exit(0));
});
// Without its parent nobody would end it.
process.on("disconnect", () => process.exit(1));
process.send?.({ ...lab.description, folder, passwords, logPath: lab.logPath } satisfies LabFacts);

async function state(): Promise<LabState> {
  // What was let go in this turn is collected only after it.
  for (let i = 0; i < 3; i++) {
    await pause(20);
    globalThis.gc?.();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) handles[name] = (handles[name] ?? 0) + 1;
  return { rss, heapUsed, external, sessions: lab.sessionCount(), handles };
}
