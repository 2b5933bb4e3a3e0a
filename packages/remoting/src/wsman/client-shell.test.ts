import { expect, test } from "vitest";
import { ClientShell, type ClientShellEvent } from "./client-shell.ts";
import { ALICE, blobOf, counter, FakeWire, fragment } from "./testing/fake-wire.ts";

const SHELL = "3f498f53-1016-4ec8-816d-600b6adcee0e";
const PIPELINE = "8bc5cbb0-fb53-46f0-a099-508dce09f499";

function makeClient(extra: object = {}): ClientShell {
  return new ClientShell({ uri: "https://service.test/wsman", shellId: SHELL, newId: counter(1), sessionId: "0d1dfb9f-6a26-494f-b5e6-b4c0f7a25591", ...extra });
}

function drain(client: ClientShell): ClientShellEvent[] {
  const events: ClientShellEvent[] = [];
  for (let event = client.nextEvent(); event !== undefined; event = client.nextEvent()) events.push(event);
  return events;
}

function told(events: ClientShellEvent[]): string[] {
  return events.map((event) => (event.event === "data" ? `${event.pipeline === undefined ? "pool" : "pipeline"}: ${blobOf(event.bytes)}` : event.event));
}

test("two ends: open, command, input, end, close", () => {
  const wire = new FakeWire();
  const client = makeClient();
  const both = { speaker: client, identity: ALICE };
  client.perform([{ do: "create", bytes: fragment("hello") }]);
  wire.run(both);
  expect(told(drain(client))).toEqual(["opened", "pool: capability", "pool: opened"]);
  expect(client.state).toBe("open");
  client.perform([{ do: "command", pipeline: PIPELINE, bytes: fragment("wait"), text: "x" }]);
  client.perform([{ do: "send", pipeline: PIPELINE, stream: "default", bytes: fragment("input") }]);
  wire.run(both);
  expect(told(drain(client))).toEqual(["pipeline: ran wait", "pipeline: got input"]);
  client.perform([{ do: "stop", pipeline: PIPELINE }]);
  wire.run(both);
  expect(told(drain(client))).toEqual(["pipeline: stopped", "pipeline: completed", "done"]);
  client.perform([{ do: "terminate", pipeline: PIPELINE }, { do: "delete" }]);
  wire.run(both);
  expect(told(drain(client))).toContain("closed");
  expect(wire.service.shellCount).toBe(0);
  expect(wire.pending).toBe(0);
  expect(wire.service.nextDeadline()).toBeUndefined();
});
