/** `tieline sessions`: the shells that are yours at the service, and closing them. */
import { closeShell, isAt, listShells, reclaim, type RegisteredShell } from "@tieline/connector";
import { Fault, isFault } from "@tieline/fault";
import { PsObject } from "@tieline/remoting/objects";
import { EXIT } from "../exit-code.ts";
import type { ConnectionOptions, Surroundings } from "../invocation.ts";
import { printerFor } from "../printer-for.ts";
import { keptSessions, reach, shellRegistry, sourceFor } from "./session-source.ts";

export async function list(options: ConnectionOptions, around: Surroundings, user: string | undefined): Promise<number> {
  const { transport } = await reach(sourceFor(options, user, around));
  const kept = keptSessions(around.environment).list();
  const here = shellRegistry(around.environment).list();
  const printer = printerFor(options, around);
  for (const shell of await listShells(transport, { signal: around.signal })) {
    await printer.add(
      PsObject.of({
        Id: shell.shellId,
        Kept: kept.find((each) => each.id.toLowerCase() === shell.shellId.toLowerCase())?.name ?? null,
        Process: processOf(here.find((each) => each.id.toLowerCase() === shell.shellId.toLowerCase())),
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

/** Which process of this machine opened it; null: none, or it is kept. */
function processOf(shell: RegisteredShell | undefined): string | null {
  return shell === undefined ? null : shell.living ? `${shell.pid}` : `${shell.pid} (ended)`;
}

export interface CloseOptions extends ConnectionOptions {
  abandoned?: boolean;
}

export async function close(options: CloseOptions, around: Surroundings, ids: readonly string[]): Promise<number> {
  if (options.abandoned === true) return closeAbandoned(options, around, ids);
  if (ids.length === 0) {
    throw new Fault("usage", {
      what: "It is not said which sessions to close.",
      hint: "Name ids, names of kept ones, `all`, or --abandoned.",
    });
  }
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

/** Sessions that ended processes of this machine have left, at every endpoint or for the user who is named. */
async function closeAbandoned(options: CloseOptions, around: Surroundings, ids: readonly string[]): Promise<number> {
  if (ids.length > 0) throw new Fault("usage", { what: "--abandoned finds its sessions by itself.", hint: "Leave the ids out." });
  const registry = shellRegistry(around.environment);
  const wanted = options.user ?? around.environment["TIELINE_USER"];
  const left = registry
    .list()
    .filter((shell) => !shell.living && (wanted === undefined || wanted.toLowerCase() === shell.user.toLowerCase()));
  const places = left.filter((shell, i) => left.findIndex((other) => isAt(other, shell.uri, shell.user)) === i);
  let closed = 0;
  for (const { uri, user } of places) {
    const { transport } = await reach(sourceFor({ ...options, targetUri: options.targetUri ?? uri }, user, around));
    for (const id of await reclaim(registry, transport, user, { signal: around.signal })) {
      closed += 1;
      around.stderr.write(`Closed ${id}.\n`);
    }
  }
  if (closed === 0) around.stderr.write("No session was left behind by an ended process of this machine.\n");
  return EXIT.ok;
}
