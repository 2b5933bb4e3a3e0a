/** `tieline invoke`: one pipeline, its results, and nothing left behind. */
import { attach, KEPT_IDLE_MS, type KeptSession, type RemoteSession } from "@tieline/connector";
import { Fault, isFault } from "@tieline/fault";
import { structureOrThrow } from "@tieline/language";
import { EXIT } from "../exit-code.ts";
import type { ConnectionOptions, Surroundings } from "../invocation.ts";
import { parseParameters } from "../parameters.ts";
import { printerFor } from "../printer-for.ts";
import { shaped } from "../output/shaping.ts";
import { printPipeline } from "../run-pipeline.ts";
import type { TerminalHost } from "../terminal-host.ts";
import { defaultView } from "../views.ts";
import { keptSessions, open, reach, sourceFor, type Source } from "./session-source.ts";

export async function invoke(options: ConnectionOptions, around: Surroundings, cmdlet: string, words: readonly string[]): Promise<number> {
  const kept = options.session === undefined ? undefined : keptSessions(around.environment).get(options.session);
  const source = sourceFor(kept === undefined ? options : { ...options, targetUri: kept.uri }, kept?.user, around);
  const isSaid = [source.wish.user, source.wish.targetUri, source.wish.overrideAdminDomain, source.wish.signIn?.clientId].some(
    (each) => each !== undefined,
  );
  if (!isSaid) {
    throw new Fault("usage", {
      what: "It is not said who signs in.",
      hint: "Name the account with --user name@domain, or set TIELINE_USER.",
    });
  }
  const session = kept === undefined ? (await open(source)).session : await comeBack(kept, source, around);
  try {
    return await runText(session, source.terminal, cmdlet, words, options, around);
  } finally {
    // A kept session is left as it was found; any other is closed, whatever happened.
    if (kept === undefined || session.state !== "opened") await session.close();
    else await session.disconnect({ idleTimeoutMs: KEPT_IDLE_MS });
  }
}

/** The session as it was left. @throws Fault `kept-session-gone` */
async function comeBack(kept: KeptSession, source: Source, around: Surroundings): Promise<RemoteSession> {
  const { transport } = await reach(source);
  try {
    return await attach({
      id: kept.id,
      transport,
      signal: around.signal,
      ...(source.surroundings.host === undefined ? {} : { host: source.surroundings.host }),
    });
  } catch (error) {
    if (!isFault(error) || (error.layer !== "wsman" && error.layer !== "psrp")) throw error;
    keptSessions(around.environment).forget(kept.id);
    throw new Fault("kept-session-gone", { name: kept.name }, { cause: error });
  }
}

/** A cmdlet with its parameters, or a whole pipeline in one word. */
export async function runText(
  session: RemoteSession,
  terminal: TerminalHost,
  cmdlet: string,
  words: readonly string[],
  options: ConnectionOptions,
  around: Surroundings,
): Promise<number> {
  const isPipeline = words.length === 0 && /[\s|;]/.test(cmdlet);
  const { statements, shaping } = shaped(
    isPipeline
      ? structureOrThrow(cmdlet)
      : [[{ text: cmdlet, arguments: parseParameters(words).map(({ name, value }) => ({ name: name ?? null, value })) }]],
  );
  // What the command line says counts more than what the pipeline's end says.
  const chosen = options.output === undefined && shaping !== undefined ? { ...options, output: shaping.format } : options;
  const columns = shaping?.columns;
  const printer = printerFor(chosen, around, {
    viewOf: columns === undefined ? defaultView : () => ({ kind: "table", columns }),
    ...(columns === undefined ? {} : { listOf: columns }),
    remark: (line) => void (around.stderr.isTTY && around.stderr.write(`${line}\n`)),
  });
  const end = await printPipeline(session, statements, { printer, terminal, verbose: options.verbose === true }, around);
  if (around.signal.aborted) return EXIT.interrupted;
  if (end.terminated)
    return /^(CommandNotFoundException|.*NotPermitted)/.test(end.fullyQualifiedErrorId ?? "") ? EXIT.notPermitted : EXIT.failure;
  return end.errors === 0 ? EXIT.ok : printer.count > 0 ? EXIT.partly : EXIT.failure;
}
