/**
 * Users of a Samba domain who are enabled at a pool, synchronised, licensed, and moved online and back: two deployments as
 * their pages set them up, and after each step OpenLDAP's ldapsearch and a second reading of our own as the judges of what the
 * domain says. A controller that is away before a move, and one that goes in the middle of it; an object that may not be written.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Directory, LAB_DEPLOYMENT } from "../packages/server/src/directory/index.ts";
import { JoinedForest, openLdapForest } from "../packages/server/src/migration/forest/index.ts";
import { openStore } from "../packages/server/src/store/index.ts";
import { cases, type Driver, type Outcome } from "./driver.ts";
import { JoinedSites, ONLINE, POOL, secretFile, type Row } from "./joined-sites.ts";
import { missingForest, SambaForest } from "./samba-forest.ts";

const PASSWORD = "Sesame!2026 x";
const PILOTS = "OU=Pilots,DC=corp,DC=test";
const BOARD = "OU=Board,DC=corp,DC=test";
const WRITER = "tieline@corp.test";
const RIGHTS =
  'Active Directory operation failed on "dc1.corp.test". You cannot retry this operation: "Insufficient access rights to perform the operation"';
const SHOWN = [
  "msRTCSIP-PrimaryUserAddress",
  "msRTCSIP-UserEnabled",
  "msRTCSIP-DeploymentLocator",
  "msRTCSIP-PrimaryHomeServer",
  "proxyAddresses",
];

/** What ldapsearch shows of a user. */
type Told = Record<string, string[]>;

const told = (name: string, homing: Told = {}): Told => ({
  proxyAddresses: [`SMTP:${name}@corp.test`, ...(Object.keys(homing).length === 0 ? [] : [`sip:${name}@corp.test`])],
  ...homing,
});
const homedAt = (name: string, locator: string, pool?: string): Told =>
  told(name, {
    "msRTCSIP-PrimaryUserAddress": [`sip:${name}@corp.test`],
    "msRTCSIP-UserEnabled": ["TRUE"],
    "msRTCSIP-DeploymentLocator": [locator],
    ...(pool === undefined ? {} : { "msRTCSIP-PrimaryHomeServer": [pool] }),
  });
const HERE = (name: string): Told => homedAt(name, "SRV:", POOL);
const THERE = (name: string): Told => homedAt(name, ONLINE);

/** Asks until the answer is the wanted one; the last difference is what is told. */
async function until<T>(ask: () => T | Promise<T>, wanted: T, seconds = 20): Promise<void> {
  for (let left = seconds * 4; ; left--) {
    const found = await ask();
    try {
      return assert.deepEqual(found, wanted);
    } catch (error) {
      if (left === 0) throw error;
    }
    await wait(250);
  }
}

class Judge {
  readonly #samba: SambaForest;
  readonly #sites: JoinedSites;
  constructor(samba: SambaForest, sites: JoinedSites) {
    this.#samba = samba;
    this.#sites = sites;
  }

  told(name: string): Told {
    const found = this.#samba.values(`(sAMAccountName=${name})`, ...SHOWN);
    return { ...found, ...(found["proxyAddresses"] === undefined ? {} : { proxyAddresses: found["proxyAddresses"].sort() }) };
  }

  /** At the pool, as an administrator sees it. */
  async here(name: string): Promise<Row | undefined> {
    const [row] = await this.#sites.invoke(
      "pool",
      `Get-CsAdUser -Filter {SamAccountName -eq '${name}'} | Select-Object SipAddress, Enabled, HostingProvider, RegistrarPool`,
    );
    return row;
  }

  /** Online, as an administrator sees it. */
  async there(name: string): Promise<unknown[]> {
    const [row] = await this.#sites.invoke(
      "service",
      `Get-CsOnlineUser -Filter {UserPrincipalName -eq '${name}@corp.test'} | Select-Object SipAddress, HostingProvider, InterpretedUserType`,
    );
    return row === undefined ? [] : [row["SipAddress"], row["HostingProvider"], row["InterpretedUserType"]];
  }

  /** ldapsearch, and a deployment that has never heard of the domain before, agree with the pool. */
  async agree(name: string, expected: Told): Promise<void> {
    assert.deepEqual(this.told(name), expected);
    const here = await this.here(name);
    const fresh = await this.#read(name);
    assert.deepEqual(fresh, here);
  }

  async #read(name: string): Promise<Row> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-fresh-"));
    const store = await openStore({ folder, nowMs: Date.now() });
    try {
      const directory = Directory.of(store);
      await directory.tenants.add({ ...LAB_DEPLOYMENT.tenant, createdMs: 0, changedMs: 0 });
      const { tenantId: tenant } = LAB_DEPLOYMENT.tenant;
      const trust = { authorities: [this.#samba.authority.certificate], onlyThese: true };
      const open = () => openLdapForest({ url: "ldaps://localhost", user: WRITER, password: PASSWORD, trust });
      await using joined = new JoinedForest({ name: "again", open, db: store.db, tenant, nowMs: () => Date.now() });
      await joined.refresh();
      const [user] = await directory.tenant(tenant).users.find((eb) => eb("account_key", "=", name));
      assert.ok(user !== undefined, name);
      const { sipAddress, enabled, hostingProvider, registrarPool } = user;
      return { SipAddress: sipAddress, Enabled: enabled, HostingProvider: hostingProvider, RegistrarPool: registrarPool };
    } finally {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** An account that may write the pilots and nobody else. */
function delegate(samba: SambaForest): void {
  samba.addUser("tieline", PASSWORD);
  const sid = /objectSid: (S-[\d-]+)/.exec(samba.tool("user show tieline --attributes=objectSid"))?.[1];
  samba.tool(`dsacl set --objectdn=${PILOTS} --sddl=(A;CI;RPWP;;;${sid})`);
}

function person(samba: SambaForest, name: string, unit: string): void {
  samba.addUser(name, PASSWORD, `--userou=${unit.split(",")[0]} --given-name=${name} --surname=Corp --mail-address=${name}@corp.test`);
  samba.modify(`CN=${name} Corp,${unit}`, "replace: proxyAddresses", `proxyAddresses: SMTP:${name}@corp.test`);
}

const asHomedHere = (name: string): string[] => [
  "add: msRTCSIP-PrimaryUserAddress",
  `msRTCSIP-PrimaryUserAddress: sip:${name}@corp.test`,
  "-",
  "add: msRTCSIP-UserEnabled",
  "msRTCSIP-UserEnabled: TRUE",
  "-",
  "add: msRTCSIP-DeploymentLocator",
  "msRTCSIP-DeploymentLocator: SRV:",
  "-",
  "add: msRTCSIP-PrimaryHomeServer",
  `msRTCSIP-PrimaryHomeServer: ${POOL}`,
  "-",
  "add: proxyAddresses",
  `proxyAddresses: sip:${name}@corp.test`,
];

function casesOf(samba: SambaForest, sites: JoinedSites): (readonly [string, () => Promise<void>])[] {
  const judge = new Judge(samba, sites);
  const enabled = (name: string): string =>
    `Enable-CsUser -Identity ${name}@corp.test -RegistrarPool ${POOL} -SipAddress sip:${name}@corp.test`;
  const enable = (name: string) => sites.invoke("pool", enabled(name));
  const command = (name: string, target: string): string => `Move-CsUser -Identity sip:${name}@corp.test -Target ${target} -Confirm:$false`;
  const move = (name: string, target: string) => sites.invoke("pool", command(name, target));
  const synchronise = async (policy: "Initial" | "Delta"): Promise<unknown> => {
    const [run] = await sites.invoke("pool", `Start-ADSyncSyncCycle -PolicyType ${policy} | Select-Object RunResult, ExportErrors`);
    assert.deepEqual(run, { RunResult: "success", ExportErrors: 0 });
    return run;
  };
  const license = async (...names: string[]): Promise<void> => {
    await sites.license(...names);
    await synchronise("Initial");
  };
  const arrives = (name: string) => until(async () => (await judge.here(name)) !== undefined, true);
  const onPremises = (name: string) => [`sip:${name}@corp.test`, "SRV:", "HybridOnpremSfBUser"];
  const online = (name: string) => [`sip:${name}@corp.test`, ONLINE, "HybridOnlineSfBUser"];
  const movesOf = (name: string) => sites.invoke("pool", `Get-TielineMove -Identity sip:${name}@corp.test`);
  return [
    [
      "people of the domain arrive at the pool, and by a first synchronisation at the tenant, homed nowhere",
      async () => {
        for (const name of ["ada", "bob", "chair"]) await arrives(name);
        assert.deepEqual(await judge.here("ada"), { SipAddress: null, Enabled: false, HostingProvider: null, RegistrarPool: null });
        await synchronise("Initial");
        for (const name of ["ada", "bob", "chair"]) assert.equal((await judge.there(name)).length, 3, name);
        await judge.agree("ada", told("ada"));
      },
    ],
    [
      "Enable-CsUser at the pool writes the domain; the next synchronisation tells the tenant",
      async () => {
        for (const name of ["ada", "bob"]) {
          await enable(name);
          await judge.agree(name, HERE(name));
        }
        await synchronise("Delta");
        await license("ada", "bob");
        for (const name of ["ada", "bob"]) assert.deepEqual(await judge.there(name), onPremises(name));
      },
    ],
    [
      "online, synchronised, back, synchronised: both sites and the domain say the same after each",
      async () => {
        for (const round of [1, 2]) {
          await move("ada", ONLINE);
          await judge.agree("ada", THERE("ada"));
          assert.deepEqual(await judge.there("ada"), online("ada"), `round ${round}`);
          await synchronise("Delta");
          assert.deepEqual(await judge.there("ada"), online("ada"), `round ${round}, synchronised`);
          await move("ada", POOL);
          await judge.agree("ada", HERE("ada"));
          await synchronise("Delta");
          assert.deepEqual(await judge.there("ada"), onPremises("ada"), `round ${round}, back`);
        }
        await judge.agree("bob", HERE("bob"));
      },
    ],
    [
      "made by samba-tool: at the pool, enabled there, online by a delta synchronisation, refused without a licence, moved with one",
      async () => {
        person(samba, "eve", PILOTS);
        await arrives("eve");
        await enable("eve");
        await synchronise("Delta");
        assert.deepEqual(await judge.there("eve"), onPremises("eve"));
        const { code, err } = await sites.run("pool", command("eve", ONLINE));
        assert.notEqual(code, 0);
        assert.match(err, /Error=\(507\)/);
        await judge.agree("eve", HERE("eve"));
        await license("eve");
        await move("eve", ONLINE);
        await judge.agree("eve", THERE("eve"));
      },
    ],
    [
      "changed by samba-tool while homed online: the name follows to both, the homing stays",
      async () => {
        samba.tool("user rename eve --surname=Adams --display-name=Eve_Adams");
        const shown = async () =>
          (await sites.invoke("pool", "Get-CsUser -Identity sip:eve@corp.test | Select-Object DisplayName"))[0]?.["DisplayName"];
        await until(shown, "Eve_Adams");
        await synchronise("Delta");
        const [row] = await sites.invoke("service", "Get-CsOnlineUser -Identity eve@corp.test | Select-Object DisplayName");
        assert.equal(row?.["DisplayName"], "Eve_Adams");
        await judge.agree("eve", THERE("eve"));
        assert.deepEqual(await judge.there("eve"), online("eve"));
      },
    ],
    [
      "an object that may not be written: Enable-CsUser and a move are refused with the exact text, and nothing has changed",
      async () => {
        const nowhere = await judge.here("chair");
        const enabling = await sites.run("pool", enabled("chair"));
        assert.notEqual(enabling.code, 0);
        assert.ok(enabling.err.includes(RIGHTS), enabling.err);
        assert.deepEqual([judge.told("chair"), await judge.here("chair")], [told("chair"), nowhere]);
        samba.modify(`CN=chair Corp,${BOARD}`, ...asHomedHere("chair"));
        await until(async () => (await judge.here("chair"))?.["RegistrarPool"], POOL);
        await synchronise("Delta");
        await license("chair");
        const before = [judge.told("chair"), await judge.here("chair"), await judge.there("chair")];
        const { code, err } = await sites.run("pool", command("chair", ONLINE));
        assert.notEqual(code, 0);
        assert.ok(err.includes(RIGHTS), err);
        assert.deepEqual([judge.told("chair"), await judge.here("chair"), await judge.there("chair")], before);
        assert.deepEqual(await movesOf("chair"), []);
        assert.deepEqual(await sites.forestCheck(), { status: 200, ok: true, detail: "nothing waits to be written" });
      },
    ],
    [
      "a controller that is away: a move does not begin, and says why; who is enabled is written when it is back",
      async () => {
        person(samba, "dan", PILOTS);
        await arrives("dan");
        await samba.stop("SIGKILL");
        try {
          await enable("dan");
          assert.match((await sites.forestCheck()).detail, /^1 user waits to be written .*forest-unreachable/);
          const { code, err } = await sites.run("pool", command("bob", ONLINE));
          assert.notEqual(code, 0);
          assert.match(err, /localhost/);
          assert.deepEqual(await movesOf("bob"), []);
        } finally {
          await samba.start();
        }
        await judge.agree("bob", HERE("bob"));
        await until(() => judge.told("dan"), HERE("dan"), 60);
        await judge.agree("dan", HERE("dan"));
      },
    ],
    ...([ONLINE, POOL] as const).map((target): readonly [string, () => Promise<void>] => [
      `a controller killed in the middle of a move to ${target}: the move completes, and the domain follows when it is back`,
      async () => {
        const [before, after] = target === ONLINE ? [HERE("bob"), THERE("bob")] : [THERE("bob"), HERE("bob")];
        const there = target === ONLINE ? online("bob") : onPremises("bob");
        await until(() => judge.told("bob"), before);
        sites.delayMs = 700;
        const under = sites.run("pool", command("bob", target));
        const active = () => sites.invoke("pool", "Get-TielineMove -Active");
        const ended = under.then(() => true);
        while ((await active()).length === 0 && !(await Promise.race([ended, wait(20).then(() => false)])));
        await samba.stop("SIGKILL");
        sites.delayMs = 0;
        try {
          const { code, err } = await under;
          assert.deepEqual([code, err], [0, ""]);
          assert.equal((await judge.here("bob"))?.["HostingProvider"], target === ONLINE ? ONLINE : "SRV:");
          assert.deepEqual(await judge.there("bob"), there);
          await synchronise("Delta");
          assert.deepEqual(await judge.there("bob"), there);
          const check = await sites.forestCheck();
          assert.match(check.detail, /^1 user waits to be written/);
          assert.equal(check.status, 200);
        } finally {
          await samba.start();
        }
        assert.deepEqual(judge.told("bob"), before, "written before it was killed: nothing was proven");
        await until(() => judge.told("bob"), after, 60);
        await judge.agree("bob", after);
        await until(async () => (await sites.forestCheck()).detail, "nothing waits to be written");
      },
    ]),
    [
      "removed by samba-tool: gone from the pool, and by a delta synchronisation from the tenant",
      async () => {
        samba.tool("user delete eve");
        await until(async () => await judge.here("eve"), undefined);
        await synchronise("Delta");
        assert.deepEqual(await judge.there("eve"), []);
      },
    ],
  ];
}

export const driver: Driver = {
  name: "users of a Samba domain, moved between a pool and a service; OpenLDAP's ldapsearch",
  needs: missingForest,
  async run(): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-joined-"));
    try {
      await using samba = await SambaForest.create();
      samba.applySchema();
      samba.tool(`ou create ${PILOTS}`);
      samba.tool(`ou create ${BOARD}`);
      delegate(samba);
      for (const name of ["ada", "bob"]) person(samba, name, PILOTS);
      person(samba, "chair", BOARD);
      const passwordFile = join(folder, "forest.password");
      secretFile(passwordFile, `${PASSWORD}\n`);
      const forest = { url: "ldaps://localhost", user: WRITER, passwordFile, authorities: [samba.authority.path], everySeconds: 1 };
      await using sites = await JoinedSites.start(folder, { pool: { forest, synchronisation: { everyMinutes: 1440 } } });
      return await cases(casesOf(samba, sites), 120_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
