import { expect, test } from "vitest";
import { pilotMoves, type Pilot, type PilotFinding, type PilotMove, type PilotPool } from "./pilot-moves.ts";
import { styleFor } from "./style.ts";

const PLAIN = styleFor({}, {});
const ONLINE = "sipfed.online.lync.com";
const POOL = "pool01.contoso.local";

const somebody = (account: string): Pilot => ({ address: `${account}@contoso.com`, displayName: account.toUpperCase() });

const LICENCE: Omit<PilotFinding, "address"> = {
  severity: "error",
  code: "hosted-migration-licence",
  text: "HostedMigration fault: Error=(507), Description=(User must has an assigned license to use Skype for Business Online.)",
  cure: "Assign a license with the plan MCOSTANDARD.",
};

/** A pool made of two lists. */
class ListedPool implements PilotPool {
  readonly pool = POOL;
  readonly online = ONLINE;
  readonly asked: [string, string][] = [];
  here: Pilot[];
  there: Pilot[];
  findings: PilotFinding[];

  constructor(here: string[], there: string[], findings: PilotFinding[] = []) {
    this.here = here.map(somebody);
    this.there = there.map(somebody);
    this.findings = findings;
  }

  counters() {
    const [online, onPremises] = [this.there.length, this.here.length];
    return Promise.resolve({
      homedOnline: online,
      homedOnPremises: onPremises,
      syncedAndHomedOnline: online,
      notEnabled: 0,
      activeMoves: 0,
    });
  }

  homed(where: "online" | "on-premises", names: readonly string[], most: number) {
    const all = where === "online" ? this.there : this.here;
    return Promise.resolve(
      [...all.filter(({ address }) => names.includes(address)), ...all.filter(({ address }) => !names.includes(address))].slice(0, most),
    );
  }

  check() {
    return Promise.resolve(this.findings);
  }

  move(user: Pilot, target: string): Promise<PilotMove> {
    this.asked.push([user.address, target]);
    const error = this.findings.find(({ address, severity }) => severity === "error" && address === user.address);
    if (error !== undefined) return Promise.resolve({ said: ["checking"], refused: error });
    const toOnline = target === ONLINE;
    this.here = toOnline ? this.here.filter((each) => each !== user) : [...this.here, user];
    this.there = toOnline ? [...this.there, user] : this.there.filter((each) => each !== user);
    const steps = ["checking", "freezing", "exporting", "importing", "switching", "redirecting", "releasing"];
    return Promise.resolve({
      said: [...steps, "31 contacts, 4 groups, 3 meetings, SfBOnly (41 ms)"],
      refused: undefined,
    });
  }
}

async function pilot(pool: PilotPool): Promise<string> {
  let text = "";
  await pilotMoves(pool, PLAIN, (more) => (text += more));
  for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  return text;
}

test("a new lab: three of the table move, one is refused with the exact text and the cure, one comes back", async () => {
  const pool = new ListedPool(
    ["baker", "dialin", "kenmyer", "nolicence", "user"],
    ["alice", "bob"],
    [{ ...LICENCE, address: "nolicence@contoso.com" }],
  );
  pool.here = [
    ...pool.here.filter(({ address }) => !address.startsWith("baker")),
    ...pool.here.filter(({ address }) => address.startsWith("baker")),
  ];
  const text = await pilot(pool);
  expect(pool.asked).toEqual([
    ["dialin@contoso.com", ONLINE],
    ["kenmyer@contoso.com", ONLINE],
    ["user@contoso.com", ONLINE],
    ["nolicence@contoso.com", ONLINE],
    ["alice@contoso.com", POOL],
  ]);
  const flat = text.replace(/\s+/g, " ");
  expect(flat).toContain(LICENCE.text);
  expect(flat).toContain(`cure: ${LICENCE.cure}`);
  expect(flat).toContain(
    "checking, freezing, exporting, importing, switching, redirecting, releasing moved with 31 contacts, 4 groups, 3 meetings",
  );
  expect(text).toMatch(/users homed online +2 +4\n/);
  expect(text).toMatch(/users homed on premises +5 +3\n/);
  expect(text).not.toContain("others go today");
});

test("a lab that has moved people before takes whoever is at hand, and says so", async () => {
  const text = await pilot(new ListedPool(["lena", "simon"], ["kenmyer", "user"]));
  expect(text).toContain("others go today");
  expect(text).toContain("2 may move, and no more.");
  expect(text).toContain("Nobody at hand lacks a licence.");
  expect(text).toContain("Move-CsUser lena@contoso.com");
});

test("where nobody may move online, some come back, so that the next start has people again", async () => {
  const pool = new ListedPool(["nolicence"], ["a", "b", "c", "d"], [{ ...LICENCE, address: "nolicence@contoso.com" }]);
  const text = await pilot(pool);
  expect(text).toContain("some come back instead");
  expect(pool.asked.filter(([, target]) => target === POOL)).toHaveLength(3);
});

test("an empty lab has nothing to show, and no failure", async () => {
  const text = await pilot(new ListedPool([], []));
  expect(text).toContain("Nobody is homed online who could come back.");
});
