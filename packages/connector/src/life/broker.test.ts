/** Fewer sessions than callers: reuse, lines, limits, and the end. */
import { expect, test } from "vitest";
import { Fault } from "@tieline/fault";
import { ShellBroker, type Borrowed, type SessionKey } from "./broker.ts";
import { FakeClock } from "./fake-clock.fixture.ts";
import type { RemoteSession } from "./remote-session.ts";

interface Fake {
  id: number;
  state: string;
}

function made(): { make: () => Promise<RemoteSession>; all: Fake[] } {
  const all: Fake[] = [];
  const make = async (): Promise<RemoteSession> => {
    const session = {
      id: all.length + 1,
      state: "opened",
      async close() {
        session.state = "closed";
      },
    };
    all.push(session);
    return session as unknown as RemoteSession;
  };
  return { make, all };
}

const key = (account: string, tenant = "contoso"): SessionKey => ({ account, tenant, endpoint: "https://host/" });
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("an idle session is used again by the same account, tenant and endpoint, and by nobody else", async () => {
  const { make, all } = made();
  const broker = new ShellBroker();
  (await broker.borrow(key("a"), make)).giveBack();
  const again = await broker.borrow({ ...key("A"), endpoint: "HTTPS://host/" }, make);
  expect(again.session.id).toBe(1);
  again.giveBack();
  await broker.borrow(key("b"), make);
  await broker.borrow(key("a", "fabrikam"), make);
  expect(all).toHaveLength(3);
});

test("one that has ended meanwhile is not used again", async () => {
  const { make, all } = made();
  const broker = new ShellBroker();
  (await broker.borrow(key("a"), make)).giveBack();
  (all[0] as Fake).state = "broken";
  expect((await broker.borrow(key("a"), make)).session.id).toBe(2);
  expect(broker.seats).toBe(1);
});

test("the fourth caller of a user waits in line, and is told his place", async () => {
  const { make, all } = made();
  const broker = new ShellBroker();
  const lent = await Promise.all([1, 2, 3].map(() => broker.borrow(key("a"), make)));
  const places: number[] = [];
  const got: number[] = [];
  const fourth = broker.borrow(key("a"), make).then((borrowed) => (got.push(4), borrowed));
  const fifth = broker.borrow(key("a"), make, { onWait: (before) => places.push(before) }).then((borrowed) => (got.push(5), borrowed));
  await settle();
  expect([broker.waiting, places, got]).toEqual([2, [1], []]);
  lent[1]?.giveBack();
  expect((await fourth).session.id).toBe(2);
  expect(places).toEqual([1, 0]);
  await lent[0]?.discard();
  expect((await fifth).session.id).toBe(4);
  expect([got, all.length, broker.seats]).toEqual([[4, 5], 4, 3]);
});

test("another account does not wait behind a line that is not its own", async () => {
  const { make } = made();
  const broker = new ShellBroker({ perUser: 1 });
  await broker.borrow(key("a"), make);
  void broker.borrow(key("a"), make).catch(() => undefined);
  expect((await broker.borrow(key("b"), make)).session.id).toBe(2);
  await broker.close();
});

test("a tenant has twenty; an idle one of a colleague is closed to make room, a busy one is not", async () => {
  const { make, all } = made();
  const broker = new ShellBroker({ perTenant: 2 });
  const first = await broker.borrow(key("a"), make);
  await broker.borrow(key("b"), make);
  const third = broker.borrow(key("c"), make);
  await settle();
  expect(broker.waiting).toBe(1);
  first.giveBack();
  expect((await third).session.id).toBe(3);
  expect(all.map(({ state }) => state)).toEqual(["closed", "opened", "opened"]);
  // Another tenant's seats are its own.
  await broker.borrow(key("d", "fabrikam"), make);
});

test("waiting has an end: by time, by the caller's wish, by the end of all", async () => {
  const clock = new FakeClock();
  const { make } = made();
  const broker = new ShellBroker({ perUser: 1, clock, waitMs: 60_000 });
  await broker.borrow(key("a"), make);
  const late = broker.borrow(key("a"), make);
  const given = new AbortController();
  const gone = broker.borrow(key("a"), make, { signal: given.signal });
  given.abort(new Fault("interrupted"));
  await expect(gone).rejects.toMatchObject({ code: "interrupted" });
  const check = expect(late).rejects.toMatchObject({ code: "shell-wait-timeout", fields: { seconds: 60, limit: 1, waiting: 1 } });
  clock.pass(60_000);
  await check;
  const last = broker.borrow(key("a"), make);
  await broker.close();
  await expect(last).rejects.toMatchObject({ code: "session-superseded" });
  await expect(broker.borrow(key("a"), make)).rejects.toMatchObject({ code: "session-superseded" });
});

test("a session that cannot be opened gives its seat to the next in line", async () => {
  const { make } = made();
  const broker = new ShellBroker({ perUser: 1 });
  let refuse: (error: Error) => void = () => undefined;
  const first = broker.borrow(key("a"), () => new Promise((_, reject) => (refuse = reject)));
  const second = broker.borrow(key("a"), make);
  await settle();
  refuse(new Fault("logon-failed", { user: "a" }));
  await expect(first).rejects.toMatchObject({ code: "logon-failed" });
  expect((await second).session.id).toBe(1);
});

test("a session is given back once, whatever its borrower does", async () => {
  const { make } = made();
  const broker = new ShellBroker({ perUser: 1 });
  const one: Borrowed = await broker.borrow(key("a"), make);
  one.giveBack();
  const two = await broker.borrow(key("a"), make);
  one.giveBack();
  await one.discard();
  expect([two.session.state, broker.seats]).toEqual(["opened", 1]);
});
