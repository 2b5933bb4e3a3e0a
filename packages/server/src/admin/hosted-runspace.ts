/** A session's runspace: structured commands in, the catalogue's cmdlets run, records out. */
import { queryMetadata, recordOnWire, Runspace as LanguageRunspace, type Catalogue, type InvocationHook } from "@tieline/language";
import { setImmediate as pause } from "node:timers/promises";
import { PowerShellError, type PipelineOutput, type PipelineRequest, type Runspace } from "@tieline/remoting";
import type { PsDictionary } from "@tieline/remoting/objects";
import type { CommandMetadata, CommandMetadataQuery } from "@tieline/remoting/psrp";
import type { CmdletSession } from "../cmdlets/session.ts";
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
  onClose: () => void;
}

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
    const outcome = await this.#runspace.run(pipeline.statements, {
      sink,
      signal: pipeline.signal,
      host,
      pause,
      ...(pipeline.message.noInput ? {} : { input: pipeline.input }),
    });
    if (outcome.state === "failed" && outcome.error !== undefined) throw new PowerShellError([recordOnWire(outcome.error)], true);
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
