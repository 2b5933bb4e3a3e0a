/** Run as a process of its own: synchronises the deployment of a folder with a tenant behind a port, says how far it is, until it is killed. */
import { request } from "node:http";
import { randomUUID } from "node:crypto";
import { Fault } from "@tieline/fault";
import { Directory } from "../../directory/index.ts";
import { openStore } from "../../store/index.ts";
import type { ProvisioningWire, WireAnswer } from "./provisioning-wire.ts";
import type { SyncPolicy } from "./sync-run.ts";
import { Synchroniser } from "./synchroniser.ts";

const [folder = "", port = "", policy = "", aheadMs = "", deployment = ""] = process.argv.slice(2);
const nowMs = (): number => Date.now() + Number(aheadMs);

function send(path: string, body: object | undefined): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method: "POST" }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    asked.on("error", (cause) => reject(new Fault("connection-lost", { host: "tenant", reason: cause.message }, { cause })));
    asked.end(JSON.stringify(body));
  });
}

const wire: ProvisioningWire = {
  host: "tenant",
  send: (_method, path, body) => send(path, body),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
const store = await openStore({ folder, name: "pool", nowMs: nowMs() });
const service = await Synchroniser.open({
  db: store.db,
  directory: Directory.of(store),
  deployment: deployment as never,
  tenant: "contoso.com",
  openWire: () => wire,
  nowMs,
  pause: () => Promise.resolve(),
  newGuid: randomUUID,
  log: { warn: () => undefined },
});
const onProgress = ({ profile, done }: { profile: string; done: number }): void => void process.stdout.write(`${profile} ${done}\n`);
const run = await service.cycle(policy as SyncPolicy, { by: "crash", onProgress });
process.stdout.write(`end ${JSON.stringify(run)}\n`);
await store.close();
