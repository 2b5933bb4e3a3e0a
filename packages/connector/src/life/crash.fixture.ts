/** For tests: a process that opens a session and holds it until it is killed. Arguments: address, state folder. */
import { Dialler } from "@tieline/net";
import { openLasting } from "./open-lasting.ts";
import { ShellRegistry } from "./shell-registry.ts";

const [targetUri = "", folder = ""] = process.argv.slice(2);
const { session } = await openLasting(
  {
    targetUri,
    authentication: "negotiate",
    credential: async () => ({ kind: "password", user: "alice", password: "Sesame!" }),
    user: "alice",
  },
  { dialler: new Dialler() },
  { registry: new ShellRegistry(folder) },
);
setInterval(() => undefined, 60_000);
process.once("SIGTERM", () => {
  void session.close().then(() => process.exit(0));
});
// Only now: whoever reads it may kill at once.
process.stdout.write(`${session.id}\n`);
