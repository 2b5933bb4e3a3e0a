/**
 * A runspace that runs nothing itself: each pipeline of the client in front becomes one at the session behind, and all
 * that this one says goes back in the order in which it was said. Both ends are opened with `FAITHFUL`, so that values
 * pass as they were written; secrets are opened and sealed again with each side's own key by the ends themselves.
 */
import { Fault } from "@tieline/fault";
import { PowerShellError, type HostOutcome, type PipelineOutput, type PipelineRequest, type Runspace } from "@tieline/remoting";
import { wantsAnswer, type CommandMetadataQuery, type HostCall, type PipelineSpec } from "@tieline/remoting/psrp";
import type { BridgeRun, BridgeSession } from "./bridge-session.ts";

export function relayRunspace(behind: BridgeSession): Runspace {
  return {
    privateData: behind.applicationPrivateData ?? null,
    async run({ message, input, signal }: PipelineRequest, output: PipelineOutput): Promise<void> {
      // The message describes the pipeline as our own client does; which merge flags travel on depends on the service's version.
      const spec: PipelineSpec = message;
      await passOn(behind.run(spec, { signal, relay: true, ...(message.noInput ? {} : { input }) }), output, signal);
    },
    async queryCommands(query: CommandMetadataQuery, signal: AbortSignal, output: PipelineOutput): Promise<void> {
      await passOn(behind.queryCommands(query, { signal }), output, signal);
    },
    reset: () => behind.resetRunspace(),
    close: () => behind.close(),
  };
}

/** @throws PowerShellError where it failed at the service; Fault `pipeline-stopped` where it was stopped there */
async function passOn(run: BridgeRun, output: PipelineOutput, signal: AbortSignal): Promise<void> {
  try {
    for await (const record of run.relay()) {
      if (record.stream === "host-call") void askHost(run, record.call, output);
      // One who has stopped it hears no more; the service is still read to its last word, so that its runspace is free again.
      else if (!signal.aborted) await output.relay(record).catch(unlessStopped);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (run.state === "Stopped") throw new Fault("pipeline-stopped");
}

/** A call keeps its place among the records: it is sent before the next record is read, and only its answer is waited for aside. */
async function askHost(run: BridgeRun, call: HostCall, output: PipelineOutput): Promise<void> {
  try {
    const value = await output.callHost(call.method, call.arguments);
    if (wantsAnswer(call.method)) run.answer(call, { value } as HostOutcome);
  } catch (error) {
    if (error instanceof PowerShellError && wantsAnswer(call.method)) run.answer(call, { error: error.record });
    // Otherwise the client is gone or has stopped the pipeline, and the service is told so by that.
  }
}

function unlessStopped(error: unknown): void {
  if (!(error instanceof Fault) || error.code !== "pipeline-stopped") throw error;
}
