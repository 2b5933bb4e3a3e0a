import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ClientPipeline } from "../psrp/client-pipeline.ts";
import { PipelineRun } from "./pipeline-run.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A pipeline at a server that takes everything and never answers. */
function atMuteServer(signal: AbortSignal): { run: PipelineRun; asked: string[] } {
  const asked: string[] = [];
  const nothing = (): void => undefined;
  const pipeline = new ClientPipeline(
    "1",
    {
      sendInput: nothing,
      sendEndOfInput: nothing,
      stop: () => void asked.push("stop"),
      terminate: () => {
        asked.push("terminate");
        pipeline.state = "Stopped";
        run.take({ type: "pipeline-ended", pipeline: "1", state: "Stopped" });
      },
    },
    false,
  );
  const run: PipelineRun = new PipelineRun(
    pipeline,
    { cancelTimeoutMs: 10_000, changed: nothing, writable: async () => undefined, hostIdle: async () => undefined, answer: nothing },
    signal,
  );
  return { run, asked };
}

test("whoever aborts gets away from a server that does not answer the stop", async () => {
  const controller = new AbortController();
  const { run, asked } = atMuteServer(controller.signal);
  const reading = expect(run.toArray()).rejects.toThrow("enough");
  controller.abort(new Error("enough"));
  expect(asked).toEqual(["stop"]);
  await vi.advanceTimersByTimeAsync(10_000);
  await reading;
  expect(asked).toEqual(["stop", "terminate"]);
  expect(await run.ended).toBe("Stopped");
});

test("an end in time leaves no timer behind", async () => {
  const controller = new AbortController();
  const { run } = atMuteServer(controller.signal);
  const reading = expect(run.toArray()).rejects.toThrow("enough");
  controller.abort(new Error("enough"));
  run.take({ type: "pipeline-ended", pipeline: "1", state: "Stopped" });
  await vi.advanceTimersByTimeAsync(0);
  await reading;
  expect(vi.getTimerCount()).toBe(0);
});
