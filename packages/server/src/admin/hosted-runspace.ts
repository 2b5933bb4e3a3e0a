/** A session's runspace: structured commands in, the catalogue's cmdlets run, records out. */
import {
  queryMetadata,
  recordOnWire,
  restrictedCommands,
  Runspace as LanguageRunspace,
  type Catalogue,
  type InvocationHook,
} from "@tieline/language";
import { setImmediate as pause, setTimeout as sleep } from "node:timers/promises";
import { PowerShellError, type PipelineOutput, type PipelineRequest, type Runspace } from "@tieline/remoting";
import type { PsDictionary } from "@tieline/remoting/objects";
import type { CommandMetadata, CommandMetadataQuery } from "@tieline/remoting/psrp";
import type { CmdletSession } from "../cmdlets/session.ts";
import type { Budgets } from "./budget.ts";
import { clientHost } from "./client-host.ts";
import { WireSink } from "./pipeline-sink.ts";

export interface HostedRunspaceOptions {
  /** What this administrator may run. */
  catalogue: Catalogue;
  session: CmdletSession;
  hooks: readonly InvocationHook<CmdletSession>[];
  privateData: PsDictionary;
  /** The name that records give for this machine. */
  computer: string;
  /** The account's budget, which its sessions share; none: nothing is delayed. */
  budgets?: Budgets;
  onClose: () => void;
}

/** PowerShell's own commands, which only shape what cmdlets put out. */
const FREE: ReadonlySet<string> = new Set(
  restrictedCommands().flatMap(({ name, aliases }) => [name, ...aliases].map((each) => each.toLowerCase())),
);

export class HostedRunspace implements Runspace {
  readonly privateData: PsDictionary;
  readonly #options: HostedRunspaceOptions;
  readonly #runspace: LanguageRunspace<CmdletSession>;

  constructor(options: HostedRunspaceOptions) {
    this.#options = options;
    this.privateData = options.privateData;
    this.#runspace = new LanguageRunspace({
      catalogue: options.catalogue,
      session: options.session,
      hooks: options.hooks,
    });
  }

  async run(pipeline: PipelineRequest, output: PipelineOutput): Promise<void> {
    const { session, computer } = this.#options;
    const sink = new WireSink(output, { nowMs: session.nowMs, user: session.caller.userPrincipalName, computer });
    const host = clientHost(pipeline.host, output);
    if (!(await this.#admitted(pipeline, sink))) return;
    const begunMs = session.nowMs();
    const outcome = await this.#runspace.run(pipeline.statements, {
      sink,
      signal: pipeline.signal,
      host,
      pause,
      ...(pipeline.message.noInput ? {} : { input: pipeline.input }),
    });
    const endedMs = session.nowMs();
    this.#options.budgets?.charge(session.caller.accountId, Math.max(0, endedMs - begunMs), endedMs);
    if (outcome.state === "failed" && outcome.error !== undefined) throw new PowerShellError([recordOnWire(outcome.error)], true);
  }

  /** Waits as the budget wants it; false where the pipeline was stopped meanwhile. @throws Fault `budget-locked` */
  async #admitted({ statements, signal }: PipelineRequest, sink: WireSink): Promise<boolean> {
    const { budgets, session } = this.#options;
    const names = statements.flat().flatMap(({ text }) => (FREE.has(text.toLowerCase()) ? [] : [text]));
    if (budgets === undefined || names.length === 0) return true;
    const { accountId, userPrincipalName } = session.caller;
    const { delayMs, warning } = budgets.admit(accountId, userPrincipalName, names, session.nowMs());
    if (warning === undefined) return true;
    // Before the delay, so that whoever watches knows why nothing happens.
    sink.warning(warning);
    return sleep(delayMs, true, { signal }).catch(() => false);
  }

  commandMetadata(query: CommandMetadataQuery): Iterable<CommandMetadata> {
    return queryMetadata(this.#options.catalogue, query);
  }

  /** Nothing outlives a pipeline but variables that nobody can read without a language. */
  reset(): boolean {
    return true;
  }

  close(): void {
    this.#options.onClose();
  }
}
