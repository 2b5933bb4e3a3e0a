/** A session that outlives its shells, against a real service on loopback; time is given. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { connect, RemotingServer, type Runspace, type SessionContext } from "@tieline/remoting";
import { PsDictionary, type PsValue } from "@tieline/remoting/objects";
import { FakeClock } from "./fake-clock.fixture.ts";
import { LastingSession, type LastingOptions } from "./lasting-session.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const NUMBERS = Array.from({ length: 1000 }, (_, i) => i + 1);

let server: RemotingServer<string>;
let port = 0;
let clock: FakeClock;
let opened: SessionContext<string>[];
let ran: string[];
let seats: number;
let keepsState: boolean;
let closed: number;
/** Called for each number of Get-Number; may end the session. */
let onNumber: (n: number) => void;
let proceed: () => void;
let credentials: number;
let said: string[];
let session: LastingSession | undefined;

function start(on: number): Promise<{ port: number }> {
  server = new RemotingServer<string>({
    handler: {
      open(context): Runspace {
        if (opened.length - closed >= seats) throw new Fault("shell-quota-user", { limit: seats });
        opened.push(context);
        return {
          privateData: PsDictionary.of({ SessionLife: PsDictionary.of({ LifetimeSeconds: 3600, KeepsState: keepsState }) }),
          async run(pipeline, output) {
            const name = pipeline.statements[0]?.[0]?.text ?? "";
            ran.push(name);
            if (name === "Get-Number" || name === "Set-Number") {
              for (const n of NUMBERS) {
                await output.write(n);
                onNumber(n);
                if (pipeline.signal.aborted) return;
              }
            } else if (name === "Get-Slowly" || name === "Set-Slowly") {
              await new Promise<void>((resolve) => {
                proceed = resolve;
                pipeline.signal.addEventListener("abort", () => resolve(), { once: true });
              });
              await output.write("done");
            } else if (name === "Measure-Input") {
              for await (const value of pipeline.input) await output.write(value as PsValue);
            } else await output.write(name);
          },
          close: () => void (closed += 1),
        };
      },
    },
    wsman: { operationTimeoutMs: 5000 },
  });
  return server.listenHttp({
    port: on,
    authentication: {
      sources: SYSTEM_SOURCES,
      policy: { basic: true },
      allowUnencrypted: true,
      password: async (user, password) => (password === "Sesame!" ? { name: user } : undefined),
    },
  });
}

beforeEach(async () => {
  clock = new FakeClock();
  [opened, ran, said] = [[], [], []];
  [seats, closed, credentials] = [3, 0, 0];
  keepsState = false;
  onNumber = () => undefined;
  ({ port } = await start(0));
});
afterEach(async () => {
  await session?.close();
  await server.close();
});

function lasting(more: Partial<LastingOptions> = {}): LastingSession {
  session = new LastingSession({
    clock,
    say: (words) => void said.push(words),
    open: async (signal) => {
      credentials += 1;
      const shell = await connect({
        signal,
        transport: {
          kind: "wsman",
          uri: `http://127.0.0.1:${port}/wsman`,
          credential: { kind: "password", user: "alice", password: "Sesame!" },
          authentication: "Basic",
          allowUnencrypted: true,
          endurance: { forMs: 0 },
          retries: 0,
        },
      });
      return { session: shell, release: () => shell.close() };
    },
    ...more,
  });
  return session;
}

const all = async (values: AsyncIterable<unknown>): Promise<unknown[]> => {
  const list: unknown[] = [];
  for await (const value of values) list.push(value);
  return list;
};
const over = new Fault("session-lifetime-over", { minutes: 60 });

describe("sixty minutes", () => {
  test("while idle: the next shell is open before the old one dies, with a fresh credential", async () => {
    const own = await lasting().open();
    const first = own.id;
    clock.pass(54 * MINUTE);
    expect(credentials).toBe(1);
    clock.pass(1 * MINUTE);
    await expect.poll(() => own.id).not.toBe(first);
    expect(credentials).toBe(2);
    await expect.poll(() => closed).toBe(1);
    expect(opened).toHaveLength(2);
    expect(await all(own.invoke("Get-Thing"))).toEqual(["Get-Thing"]);
    expect(said).toHaveLength(2);
  });

  test("work goes on for eight hours", async () => {
    const own = await lasting().open();
    for (let minute = 0; minute < 8 * 60; minute += 5) {
      clock.pass(5 * MINUTE);
      expect(await all(own.invoke("Set-Thing"))).toEqual(["Set-Thing"]);
    }
    expect(ran).toHaveLength(96);
    // One more each 55 minutes.
    expect(opened).toHaveLength(1 + Math.floor((8 * 60) / 55));
    await expect.poll(() => opened.length - closed).toBe(1);
  });

  test("while running: the pipeline ends in its shell, new ones go to the next", async () => {
    const own = await lasting().open();
    const slow = own.pipeline().command("Set-Slowly").run();
    await expect.poll(() => ran).toEqual(["Set-Slowly"]);
    clock.pass(55 * MINUTE);
    expect(await all(own.invoke("Get-Thing"))).toEqual(["Get-Thing"]);
    expect([opened.length, closed]).toEqual([2, 0]);
    proceed();
    expect(await slow.toArray()).toEqual(["done"]);
    await expect.poll(() => closed).toBe(1);
    expect(ran).toEqual(["Set-Slowly", "Get-Thing"]);
  });

  test("no free seat: the old shell is closed first", async () => {
    seats = 1;
    const own = await lasting().open();
    clock.pass(55 * MINUTE);
    await expect.poll(() => opened.length).toBe(2);
    expect(await all(own.invoke("Get-Thing"))).toEqual(["Get-Thing"]);
    expect(closed).toBe(1);
  });

  test("no free seat while running: what is queued waits for the end of what runs", async () => {
    seats = 1;
    const own = await lasting().open();
    const slow = own.pipeline().command("Set-Slowly").run();
    await expect.poll(() => ran).toEqual(["Set-Slowly"]);
    clock.pass(55 * MINUTE);
    const queued = own.pipeline().command("Get-Thing").run().toArray();
    await expect.poll(() => credentials).toBe(2);
    proceed();
    expect(await slow.toArray()).toEqual(["done"]);
    expect(await queued).toEqual(["Get-Thing"]);
    expect([opened.length, closed]).toEqual([2, 1]);
  });

  test("a session that may hold variables is kept until it ends, and both are said", async () => {
    keepsState = true;
    const own = await lasting().open();
    clock.pass(HOUR - MINUTE);
    expect(credentials).toBe(1);
    opened[0]?.close(over);
    await expect.poll(() => closed).toBe(1);
    await expect.poll(() => all(own.invoke("Get-Thing"))).toEqual(["Get-Thing"]);
    expect(said.join("\n")).toMatch(/may hold variables[\s\S]*with it the variables/);
  });

  test("switched off, the session ends with its shell", async () => {
    const own = await lasting({ reconnection: false }).open();
    clock.pass(HOUR);
    expect(credentials).toBe(1);
    opened[0]?.close(over);
    await expect.poll(() => own.state).toBe("broken");
    await expect(all(own.invoke("Get-Thing"))).rejects.toMatchObject({ code: "session-lifetime-over" });
  });
});

describe("a shell that is gone", () => {
  test("what only reads is repeated while nobody has seen any of it", async () => {
    const own = await lasting().open();
    const run = own.pipeline().command("Get-Slowly").run();
    await expect.poll(() => ran).toEqual(["Get-Slowly"]);
    const reading = run.toArray();
    opened[0]?.close(over);
    await expect.poll(() => ran).toEqual(["Get-Slowly", "Get-Slowly"]);
    proceed();
    expect(await reading).toEqual(["done"]);
  });

  test("what may have had an effect is not repeated, and told with what is known", async () => {
    const own = await lasting().open();
    const run = own.pipeline().command("Set-Slowly").run();
    await expect.poll(() => ran).toEqual(["Set-Slowly"]);
    const id = own.id;
    opened[0]?.close(over);
    await expect(run.toArray()).rejects.toMatchObject({
      code: "command-outcome-unknown",
      fields: { cmdlet: "Set-Slowly", outputs: 0, session: id, sent: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
    });
    // And the session goes on.
    expect(await all(own.invoke("Get-Thing"))).toEqual(["Get-Thing"]);
    expect(ran).toEqual(["Set-Slowly", "Get-Thing"]);
  });

  test("of a thousand outputs each comes once, or the fault says how many came", async () => {
    for (const [name, lostAt] of [
      ["Get-Number", 1],
      ["Get-Number", 500],
      ["Set-Number", 1],
      ["Set-Number", 999],
      ["Set-Number", 1000],
    ] as const) {
      const own = await lasting().open();
      const context = opened.at(-1);
      onNumber = (n) => {
        if (n === lostAt && opened.at(-1) === context) context?.close(over);
      };
      const before = ran.length;
      const values: unknown[] = [];
      try {
        for await (const record of own.pipeline().command(name).run()) if (record.stream === "output") values.push(record.value);
        expect(values).toEqual(NUMBERS);
      } catch (error) {
        expect(error).toMatchObject({ code: "command-outcome-unknown", fields: { cmdlet: name, outputs: values.length } });
        expect(values).toEqual(NUMBERS.slice(0, values.length));
        expect(ran.length - before).toBe(1);
      }
      if (name === "Set-Number") expect(ran.length - before).toBe(1);
      await own.close();
    }
  });

  test("on request what reads begins anew, and its reader is told to forget", async () => {
    let restarts = 0;
    const values: unknown[] = [];
    const own = await lasting({
      onRestart: () => {
        restarts += 1;
        values.length = 0;
      },
    }).open();
    const context = opened.at(-1);
    onNumber = (n) => {
      if (n === 900 && opened.at(-1) === context) context?.close(over);
    };
    for await (const record of own.pipeline().command("Get-Number").run()) if (record.stream === "output") values.push(record.value);
    expect(values).toEqual(NUMBERS);
    expect([restarts, ran]).toEqual([restarts, ["Get-Number", "Get-Number"]]);
  });

  test("the service is started anew: what waits is sent when it is back", async () => {
    const own = await lasting().open();
    await server.close();
    await expect.poll(() => own.fault).toBeDefined();
    const waiting = own.pipeline().command("Set-Thing").run().toArray();
    await expect.poll(() => credentials).toBeGreaterThan(1);
    await expect.poll(() => said.some((words) => words.endsWith("Trying again"))).toBe(true);
    await start(port);
    await expect
      .poll(() => {
        clock.pass(1000);
        return ran;
      })
      .toEqual(["Set-Thing"]);
    expect(await waiting).toEqual(["Set-Thing"]);
  });

  test("the service stays away: who waits is told why, in the end", async () => {
    const own = await lasting({ endurance: { forMs: 60_000 } }).open();
    await server.close();
    await expect.poll(() => own.fault).toBeDefined();
    let fault: unknown;
    void own
      .pipeline()
      .command("Set-Thing")
      .run()
      .toArray()
      .catch((error: unknown) => (fault = error));
    await expect
      .poll(() => {
        clock.pass(10_000);
        return fault;
      })
      .toMatchObject({ code: "connection-refused" });
    await start(port);
  });

  test("input is given once", async () => {
    const own = await lasting().open();
    expect(
      await own
        .pipeline()
        .command("Measure-Input")
        .run({ input: [1, 2, 3] })
        .toArray(),
    ).toEqual([1, 2, 3]);
  });
});

test("a refusal of the first opening is told at once, and no pipeline waits for ever", async () => {
  seats = 0;
  await expect(lasting().open()).rejects.toMatchObject({ code: "shell-quota-user" });
  await expect(all(lasting().invoke("Get-Thing"))).rejects.toMatchObject({ code: "shell-quota-user" });
});

test("who gives up while he waits is let go, and after the end nothing is run", async () => {
  const own = lasting({ open: () => new Promise(() => undefined) });
  const given = new AbortController();
  const waiting = own.pipeline().command("Get-Thing").run({ signal: given.signal }).toArray();
  given.abort(new Fault("interrupted"));
  await expect(waiting).rejects.toMatchObject({ code: "interrupted" });
  await own.close();
  await expect(all(own.invoke("Get-Thing"))).rejects.toMatchObject({ code: "session-superseded" });
});
