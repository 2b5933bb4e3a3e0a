/** `tieline sessions`: the shells that are yours at the service, and closing them. */
import { closeShell, listShells } from "@tieline/connector";
import { isFault } from "@tieline/fault";
import { PsObject } from "@tieline/remoting/objects";
import { EXIT } from "../exit-code.ts";
import type { ConnectionOptions, Surroundings } from "../invocation.ts";
import { printerFor } from "../printer-for.ts";
import { keptSessions, reach, sourceFor } from "./session-source.ts";

export async function list(options: ConnectionOptions, around: Surroundings, user: string | undefined): Promise<number> {
  const { transport } = await reach(sourceFor(options, user, around));
  const kept = keptSessions(around.environment).list();
  const printer = printerFor(options, around);
  for (const shell of await listShells(transport, { signal: around.signal })) {
    await printer.add(
      PsObject.of({
        Id: shell.shellId,
        Kept: kept.find((each) => each.id.toLowerCase() === shell.shellId.toLowerCase())?.name ?? null,
        Name: shell.name ?? null,
        State: shell.state ?? null,
        Owner: shell.owner ?? null,
        ClientIP: shell.clientIp ?? null,
      }),
    );
  }
  await printer.end();
  return EXIT.ok;
}

export async function close(options: ConnectionOptions, around: Surroundings, ids: readonly string[]): Promise<number> {
  const store = keptSessions(around.environment);
  const kept = store.list();
  const named = ids.map((id) => kept.find((each) => each.name.toLowerCase() === id.toLowerCase()));
  const first = named.find((each) => each !== undefined);
  // A kept session knows where it lives and whose it is.
  const source = sourceFor(
    first === undefined || options.targetUri !== undefined ? options : { ...options, targetUri: first.uri },
    options.user ?? first?.user,
    around,
  );
  const { transport } = await reach(source);
  const wanted = ids.includes("all")
    ? (await listShells(transport, { signal: around.signal })).map((shell) => shell.shellId)
    : ids.map((id, i) => named[i]?.id ?? id);
  let failed = 0;
  for (const id of wanted) {
    try {
      await closeShell(transport, id, { signal: around.signal });
      around.stderr.write(`Closed ${id}.\n`);
    } catch (error) {
      if (!isFault(error) || error.layer !== "wsman") throw error;
      failed += 1;
      around.stderr.write(`${id}: ${error.message}\n`);
    }
    store.forget(id);
  }
  return failed === 0 ? EXIT.ok : failed < wanted.length ? EXIT.partly : EXIT.failure;
}
