/**
 * `npm run fuzz [-- --seconds N --seed S --door NAME --input N --workers N]`: throws damaged input at every door of a
 * running lab, and at our client. Each input must end in an answer that works or in one of our faults, in time, with
 * nothing of the inside in it; after each a valid request is answered; nothing is left behind at the end. An input is
 * made of the seed, its door and its number alone, and `--door` with `--input` repeats it.
 */
import { parseArgs } from "node:util";
import { connect } from "@tieline/remoting";
import { RESOURCE } from "@tieline/remoting/wsman";
import { Dialler } from "@tieline/net";
import { Chance } from "./fuzz/chance.ts";
import { CLIENT_DOORS } from "./fuzz/client-doors.ts";
import type { Door } from "./fuzz/door.ts";
import { Finding, inTime } from "./fuzz/finding.ts";
import { FORGERY_DOORS } from "./fuzz/forgery-doors.ts";
import { HTTP_DOORS } from "./fuzz/http-doors.ts";
import { LINK_DOORS } from "./fuzz/link-doors.ts";
import { LOGON_DOORS } from "./fuzz/logon-doors.ts";
import { Service } from "./fuzz/service.ts";
import { envelope, judgeSoap, SoapClient } from "./fuzz/soap.ts";
import { SOAP_DOORS, sweep } from "./fuzz/soap-doors.ts";

/** All doors; an input's whole way may take this long. */
const DOORS: readonly Door[] = [...HTTP_DOORS, ...SOAP_DOORS, ...LINK_DOORS, ...LOGON_DOORS, ...FORGERY_DOORS, ...CLIENT_DOORS];
const INPUT_LIMIT_MS = 60_000;
/** A valid request beside all that load. */
const HEALTH_LIMIT_MS = 10_000;
/** A whole valid session after so many inputs of a worker. */
const SESSION_EVERY = 50;
/** Before a share is judged. */
const FEWEST = 60;
/** Of the heap after collection, from the first warm state to the end. */
const HEAP_GROWTH = 60 * 1024 * 1024;
const RSS_GROWTH = 256 * 1024 * 1024;
/** Timers, sockets and pipes that may come and go; a leak is one for each of many inputs. */
const HANDLE_GROWTH = 20;
/** After so many findings there is no need for more. */
const ENOUGH = 20;
const USERS = ["admin@contoso.com", "admin@fabrikam.com"];

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    seed: { type: "string", default: String(Date.now()) },
    door: { type: "string" },
    input: { type: "string" },
    workers: { type: "string", default: "6" },
  },
});
const wanted = DOORS.filter(({ name }) => options.door === undefined || name === options.door);
if (wanted.length === 0) {
  console.error(`There is no door "${options.door}". There are: ${DOORS.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const lots = wanted.flatMap((door) => Array.from({ length: door.weight }, () => door));
const single = options.input === undefined ? undefined : Number(options.input);
const seconds = Number(options.seconds);

interface Tally {
  accepted: number;
  refused: number;
  failed: number;
  longestMs: number;
  longest: number;
}
const tallies = new Map<Door, Tally>(wanted.map((door) => [door, { accepted: 0, refused: 0, failed: 0, longestMs: 0, longest: 0 }]));
const failures: string[] = [];
let longestWaitMs = 0;

const service = await Service.start();
console.log(`seed ${options.seed}, ${seconds} s, ${wanted.length} doors; the service is process-apart in ${service.facts.folder}`);
if (single === undefined) await runAll(2);
const before = await quiet();
const beganMs = Date.now();
await runAll(single === undefined ? seconds : 0);
const tookMs = Date.now() - beganMs;
const after = service.alive ? await quiet() : undefined;
report();
await service[Symbol.asyncDispose]();
process.exit(failures.length === 0 ? 0 : 1);

/** Workers take inputs until the time is up; in zero seconds, the one that was asked for. */
async function runAll(limitSeconds: number): Promise<void> {
  const end = Date.now() + limitSeconds * 1000;
  const order = new Chance(`${options.seed}/order/${limitSeconds}`);
  const worker = async (): Promise<void> => {
    const health = new SoapClient(service, service.login("helpdesk@contoso.com"));
    for (let taken = 1; ; taken++) {
      const over = limitSeconds === 0 ? taken > 1 : Date.now() >= end;
      if (over || !service.alive || failures.length >= ENOUGH) break;
      const door = order.pick(lots);
      const tally = tallies.get(door) as Tally;
      const number = single ?? tally.accepted + tally.refused + tally.failed;
      await input(door, number, health);
      if (taken % SESSION_EVERY === 0) await check(door, number, wholeSession());
    }
    health.close();
  };
  await Promise.all(Array.from({ length: single === undefined ? Number(options.workers) : 1 }, worker));
  for (const door of wanted) await door.close?.();
}

async function input(door: Door, number: number, health: SoapClient): Promise<void> {
  const tally = tallies.get(door) as Tally;
  const began = Date.now();
  // The number is taken before the way is gone: several workers go at a time.
  tally.refused += 1;
  try {
    const outcome = await inTime(door.run(service, new Chance(`${options.seed}/${door.name}/${number}`)), INPUT_LIMIT_MS, "the input");
    if (outcome === "accepted") {
      tally.refused -= 1;
      tally.accepted += 1;
    }
  } catch (error) {
    tally.refused -= 1;
    tally.failed += 1;
    fail(door, number, error);
  }
  const ms = Date.now() - began;
  if (ms > tally.longestMs) Object.assign(tally, { longestMs: ms, longest: number });
  const asked = Date.now();
  await check(door, number, healthy(health));
  longestWaitMs = Math.max(longestWaitMs, Date.now() - asked);
}

async function check(door: Door, number: number, promise: Promise<void>): Promise<void> {
  try {
    await inTime(promise, HEALTH_LIMIT_MS, "a valid request afterwards");
  } catch (error) {
    fail(door, number, error);
  }
}

async function healthy(client: SoapClient): Promise<void> {
  const answer = await client.post(envelope(new Chance("health"), "get", {}, { resourceUri: RESOURCE.config }));
  if (judgeSoap(answer) !== "accepted") throw new Finding("a valid request was refused afterwards", answer.body);
}

async function wholeSession(): Promise<void> {
  const { user, password } = service.login("helpdesk@contoso.com");
  await using session = await connect({
    transport: {
      kind: "wsman",
      uri: `https://localhost:${service.port("online-https")}/OcsPowershellLiveId`,
      credential: { kind: "password", user, password },
      authentication: "Basic",
      dialler: new Dialler({ tls: { authorities: [service.authority] } }),
    },
  });
  const tenants = await session.pipeline().command("Get-CsTenant").run().toArray();
  if (tenants.length !== 1) throw new Finding(`a valid session was shown ${tenants.length} tenants`);
}

function fail(door: Door, number: number, error: unknown): void {
  const what = error instanceof Error ? error.message : String(error);
  const line = `${door.name}, input ${number}: ${what}`;
  failures.push(line);
  console.log(`  FAILED  ${line}`);
  const evidence = error instanceof Finding ? error.evidence : ((error as Error).stack ?? "");
  if (evidence !== "") console.log(evidence.slice(0, 800).replace(/^/gm, "          "));
}

/** The state when nobody asks for anything; waits for what ends by itself. */
async function quiet(): Promise<Awaited<ReturnType<Service["state"]>>> {
  const chance = new Chance(`${options.seed}/sweep`);
  for (let round = 0; ; round++) {
    for (const user of USERS) {
      // Shells whose end is on its way are not shown any more, yet counted.
      await sweep(service, chance, user).catch((error: unknown) => fail(wanted[0] as Door, -1, error));
    }
    const state = await service.state();
    if (state.sessions === 0 || round === 15) return state;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function report(): void {
  let [accepted, all] = [0, 0];
  for (const [door, tally] of tallies) {
    const count = tally.accepted + tally.refused + tally.failed;
    const share = tally.accepted / Math.max(1, count);
    accepted += tally.accepted;
    all += count;
    console.log(
      `  ${door.name.padEnd(26)} ${String(count).padStart(7)} inputs, ${(share * 100).toFixed(1).padStart(5)} % accepted (floor ${door.floor * 100} %), longest ${tally.longestMs} ms (${tally.longest})${tally.failed > 0 ? `, ${tally.failed} FAILED` : ""}`,
    );
    if (single === undefined && count >= FEWEST && share < door.floor) failures.push(`${door.name}: too few inputs were accepted`);
  }
  const perSecond = (all / Math.max(1, tookMs / 1000)).toFixed(1);
  console.log(
    `  ${all} inputs, ${perSecond} a second, ${((accepted / Math.max(1, all)) * 100).toFixed(1)} % accepted; a valid request afterwards took ${longestWaitMs} ms at most`,
  );
  if (after === undefined) {
    failures.push("the service has died");
    console.log(`  FAILED  the service has died:\n${service.said}`);
    return;
  }
  const grown = { rss: after.rss - before.rss, heap: after.heapUsed + after.external - before.heapUsed - before.external };
  console.log(
    `  sessions left ${after.sessions}; memory grown by ${mb(grown.rss)} resident, ${mb(grown.heap)} of heap; now ${mb(after.rss)}`,
  );
  if (service.said !== "") failures.push(`the service printed: ${service.said}`);
  if (after.sessions !== 0) failures.push(`${after.sessions} sessions are left behind`);
  if (grown.heap > HEAP_GROWTH) failures.push(`the heap has grown by ${mb(grown.heap)}`);
  if (grown.rss > RSS_GROWTH) failures.push(`the resident memory has grown by ${mb(grown.rss)}`);
  for (const [name, count] of Object.entries(after.handles)) {
    if (count - (before.handles[name] ?? 0) > HANDLE_GROWTH)
      failures.push(`${count} ${name} are left, of ${before.handles[name] ?? 0} before`);
  }
  for (const line of failures) console.log(`  FAILED  ${line}`);
  console.log(`${all - [...tallies.values()].reduce((sum, { failed }) => sum + failed, 0)} passed, ${failures.length} failed`);
}

function mb(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
