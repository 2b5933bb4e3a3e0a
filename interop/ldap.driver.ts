/**
 * Samba's domain controller as the forest behind a deployment, and OpenLDAP's tools (Debian's ldap-utils) as the judges of
 * what was written there: our schema file, readings whole and of changes, removals, rights, sign-in, TLS, a controller that
 * is killed or does not answer.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isFault, type Fault } from "@tieline/fault";
import {
  Directory,
  LAB_DEPLOYMENT,
  objectId,
  type ObjectId,
  type UserChanges,
  type UserRecord,
} from "../packages/server/src/directory/index.ts";
import {
  JoinedForest,
  openLdapForest,
  type Forest,
  type ForestUser,
  type LdapForestOptions,
} from "../packages/server/src/migration/forest/index.ts";
import { openStore, type Store } from "../packages/server/src/store/index.ts";
import { cases, type Driver, type Outcome } from "./driver.ts";
import { ADMINISTRATOR, missingForest, SambaForest } from "./samba-forest.ts";

const TENANT = LAB_DEPLOYMENT.tenant.tenantId;
const POOL = "pool01.corp.test";
const ONLINE = "sipfed.online.lync.com";
const PASSWORD = "Sesame!2026 x";
const PILOTS = "OU=Pilots,DC=corp,DC=test";
const BOARD = "OU=Board,DC=corp,DC=test";
const NONE = { added: 0, changed: 0, removed: 0, refused: 0 };
const RIGHTS =
  'Active Directory operation failed on "dc1.corp.test". You cannot retry this operation: "Insufficient access rights to perform the operation"';
/** Users that fill pages. */
const CROWD = 300;

async function faultOf(action: Promise<unknown>): Promise<Fault> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isFault(error), `a fault, not ${String(error)}`);
  assert.ok(!JSON.stringify(error).includes(PASSWORD), "no password in a fault");
  return error;
}

async function readAll(
  forest: Forest,
  cursor?: string,
): Promise<{ users: ForestUser[]; present: string[]; cursor: string; whole: boolean }> {
  const users: ForestUser[] = [];
  const present: string[] = [];
  let end = { cursor: "", whole: false };
  for await (const page of forest.read(cursor)) {
    users.push(...page.users);
    present.push(...page.present);
    end = page;
  }
  return { users, present, cursor: end.cursor, whole: end.whole };
}

/** A deployment beside the domain. */
class Deployment {
  readonly #samba: SambaForest;
  readonly store: Store;
  readonly directory: Directory;
  nowMs = Date.now();
  joined: JoinedForest;

  private constructor(samba: SambaForest, store: Store) {
    this.#samba = samba;
    this.store = store;
    this.directory = Directory.of(store);
    this.joined = this.join();
  }

  static async create(samba: SambaForest, folder: string): Promise<Deployment> {
    const deployment = new Deployment(samba, await openStore({ folder, nowMs: Date.now() }));
    await deployment.directory.tenants.add({ ...LAB_DEPLOYMENT.tenant, createdMs: 0, changedMs: 0 });
    return deployment;
  }

  options(more: Partial<LdapForestOptions> = {}): LdapForestOptions {
    const trust = { authorities: [this.#samba.authority.certificate], onlyThese: true };
    return { url: "ldaps://localhost", user: ADMINISTRATOR, password: this.#samba.password, trust, ...more };
  }

  join(more: Partial<LdapForestOptions> = {}): JoinedForest {
    const open = (): Promise<Forest> => openLdapForest(this.options(more));
    return new JoinedForest({ name: "ldaps://localhost", open, db: this.store.db, tenant: TENANT, nowMs: () => this.nowMs });
  }

  async user(name: string): Promise<UserRecord> {
    const [user] = await this.directory.tenant(TENANT).users.find((eb) => eb("account_key", "=", name));
    assert.ok(user !== undefined, `${name} is a user of the deployment`);
    return user;
  }

  /** As a move does it: the change and its note in one transaction. */
  async change(id: ObjectId, changes: UserChanges): Promise<void> {
    await this.directory.transaction(async (inside, queries) => {
      await inside.tenant(TENANT).users.update(id, changes, this.nowMs);
      await this.joined.enqueue(queries, id);
    });
  }
}

const enabled = (name: string): string[] => [
  "replace: msRTCSIP-PrimaryUserAddress",
  `msRTCSIP-PrimaryUserAddress: sip:${name}@corp.test`,
  "-",
  "replace: msRTCSIP-UserEnabled",
  "msRTCSIP-UserEnabled: TRUE",
  "-",
  "replace: msRTCSIP-DeploymentLocator",
  "msRTCSIP-DeploymentLocator: SRV:",
  "-",
  "replace: msRTCSIP-PrimaryHomeServer",
  `msRTCSIP-PrimaryHomeServer: ${POOL}`,
  "-",
  "replace: msRTCSIP-OptionFlags",
  "msRTCSIP-OptionFlags: 385",
  "-",
  "replace: proxyAddresses",
  `proxyAddresses: SMTP:${name}@corp.test`,
  `proxyAddresses: sip:${name}@corp.test`,
];

function casesOf(samba: SambaForest, deployment: Deployment): (readonly [string, () => Promise<void>])[] {
  const open = (more: Partial<LdapForestOptions> = {}): Promise<Forest> => openLdapForest(deployment.options(more));
  const refused = async (more: Partial<LdapForestOptions>): Promise<Fault> => faultOf(open(more));
  let cursor = "";
  return [
    [
      "a forest without the schema: told, with the file that cures it",
      async () => {
        const fault = await refused({});
        assert.equal(fault.code, "forest-schema");
        assert.match(fault.message, /msRTCSIP-PrimaryUserAddress, msRTCSIP-UserEnabled/);
        assert.match(fault.cure, /msrtcsip-schema\.ldif/);
      },
    ],
    [
      "our schema file by ldapmodify, as its head says; then users of the domain are enabled by ldapmodify",
      async () => {
        samba.applySchema();
        samba.tool(`ou create ${PILOTS}`);
        samba.tool(`ou create ${BOARD}`);
        for (const name of ["ada", "bob", "eve"]) {
          samba.addUser(name, PASSWORD, `--userou=OU=Pilots --given-name=${name} --surname=Corp --mail-address=${name}@corp.test`);
          samba.modify(`CN=${name} Corp,${PILOTS}`, ...enabled(name));
        }
        samba.addUser("chair", PASSWORD, "--userou=OU=Board --given-name=chair --surname=Corp");
        samba.modify(`CN=chair Corp,${BOARD}`, ...enabled("chair"));
        samba.addUser("svc", PASSWORD);
        samba.addUser("reader", PASSWORD);
        // ldapmodify carries names that no argument would.
        samba.modify(`CN=eve Corp,${PILOTS}`, "replace: displayName", `displayName:: ${Buffer.from("Ève Åström 日本").toString("base64")}`);
      },
    ],
    [
      "all users by the domain's own base, with their attributes; nothing changed, nothing read again",
      async () => {
        assert.deepEqual(await deployment.joined.refresh(), { ...NONE, added: 6 });
        const ada = await deployment.user("ada");
        assert.equal(ada.userPrincipalName, "ada@corp.test");
        assert.deepEqual([ada.sipAddress, ada.enabled, ada.hostingProvider, ada.registrarPool], ["sip:ada@corp.test", true, "SRV:", POOL]);
        assert.equal(ada.properties["EnterpriseVoiceEnabled"], true);
        assert.deepEqual(ada.properties["ProxyAddresses"], ["SMTP:ada@corp.test", "sip:ada@corp.test"]);
        assert.equal((await deployment.user("eve")).displayName, "Ève Åström 日本");
        assert.equal((await deployment.user("svc")).sipAddress, null);
        assert.deepEqual(await deployment.joined.refresh(), NONE);
        assert.deepEqual(await deployment.joined.refresh({ all: true }), NONE);
      },
    ],
    [
      `${CROWD} users in pages of 64, each once; a page of a thousand is one page`,
      async () => {
        const ldif = Array.from({ length: CROWD }, (_, i) =>
          [
            `dn: CN=crowd${i},${PILOTS}`,
            "changetype: add",
            "objectClass: user",
            `sAMAccountName: crowd${i}`,
            "userAccountControl: 514",
          ].join("\n"),
        ).join("\n\n");
        const { code, err } = samba.ldap("ldapmodify", [], undefined, undefined, `${ldif}\n`);
        assert.equal(code, 0, err);
        const sizes: number[] = [];
        await using forest = await open({ pageSize: 64 });
        const seen = new Set<string>();
        for await (const { users } of forest.read(undefined)) {
          sizes.push(users.length);
          for (const { guid } of users) seen.add(guid);
        }
        assert.equal(seen.size, CROWD + 6);
        assert.ok(Math.max(...sizes) <= 64, String(sizes));
        await using large = await open({ pageSize: 1000 });
        assert.equal((await readAll(large)).users.length, CROWD + 6);
        assert.deepEqual(await deployment.joined.refresh(), { ...NONE, added: CROWD });
        assert.equal((await deployment.user("crowd7")).userPrincipalName, "crowd7@corp.test");
        assert.equal((await deployment.user("crowd7")).properties["AccountEnabled"], false);
      },
    ],
    [
      "what is written is read by ldapsearch: homed online, and the other proxy addresses left alone",
      async () => {
        const ada = await deployment.user("ada");
        samba.modify(`CN=ada Corp,${PILOTS}`, "add: proxyAddresses", "proxyAddresses: smtp:countess@corp.test");
        await deployment.change(ada.objectId, {
          sipAddress: "sip:ada.l@corp.test",
          hostingProvider: ONLINE,
          registrarPool: null,
          properties: { EnterpriseVoiceEnabled: false, LineURI: "tel:+4930555;ext=7" },
        });
        await deployment.joined.publish([ada.objectId]);
        assert.equal(await deployment.joined.pending(), 0);
        const found = samba.values(
          "(sAMAccountName=ada)",
          "msRTCSIP-PrimaryUserAddress",
          "msRTCSIP-UserEnabled",
          "msRTCSIP-DeploymentLocator",
          "msRTCSIP-PrimaryHomeServer",
          "msRTCSIP-OptionFlags",
          "msRTCSIP-Line",
          "proxyAddresses",
        );
        assert.deepEqual(
          { ...found, proxyAddresses: found["proxyAddresses"]?.sort() },
          {
            "msRTCSIP-PrimaryUserAddress": ["sip:ada.l@corp.test"],
            "msRTCSIP-UserEnabled": ["TRUE"],
            "msRTCSIP-DeploymentLocator": [ONLINE],
            "msRTCSIP-OptionFlags": ["257"],
            "msRTCSIP-Line": ["tel:+4930555;ext=7"],
            proxyAddresses: ["SMTP:ada@corp.test", "sip:ada.l@corp.test", "smtp:countess@corp.test"],
          },
        );
        assert.equal((await deployment.user("ada")).hostingProvider, ONLINE);
        assert.deepEqual(await deployment.joined.refresh(), { ...NONE, changed: 1 });
        assert.equal((await deployment.user("ada")).hostingProvider, ONLINE);
        assert.deepEqual(await deployment.joined.refresh(), NONE);
      },
    ],
    [
      "written twice, and taken away: no trace of it is left",
      async () => {
        const bob = await deployment.user("bob");
        for (const hostingProvider of ["SRV:", ONLINE, null]) {
          await deployment.change(bob.objectId, {
            hostingProvider,
            ...(hostingProvider === null ? { sipAddress: null, enabled: false, registrarPool: null } : {}),
          });
          await deployment.joined.publish([bob.objectId]);
          await deployment.change(bob.objectId, {});
          await deployment.joined.publish([bob.objectId]);
        }
        assert.deepEqual(
          samba.values(
            "(sAMAccountName=bob)",
            "msRTCSIP-PrimaryUserAddress",
            "msRTCSIP-UserEnabled",
            "msRTCSIP-OptionFlags",
            "msRTCSIP-DeploymentLocator",
            "proxyAddresses",
          ),
          {
            proxyAddresses: ["SMTP:bob@corp.test"],
          },
        );
        samba.modify(`CN=bob Corp,${PILOTS}`, ...enabled("bob"));
        assert.equal((await deployment.joined.refresh()).changed, 1);
      },
    ],
    [
      "changes by ldapmodify and samba-tool arrive alone, by the controller's own count",
      async () => {
        await using forest = await open();
        ({ cursor } = await readAll(forest));
        assert.match(cursor, /^[0-9a-f-]{36}:\d+$/);
        samba.modify(
          `CN=eve Corp,${PILOTS}`,
          "replace: department",
          "department: Engines",
          "-",
          "replace: msRTCSIP-Line",
          "msRTCSIP-Line: tel:+1",
        );
        samba.tool("user disable chair");
        // A domain in which nothing was ever deleted cannot show whether this account would see it.
        assert.equal((await readAll(forest, cursor)).whole, true);
        samba.addUser("passing", PASSWORD);
        samba.tool("user delete passing");
        const { users: told, whole } = await readAll(forest, cursor);
        const users = told.filter(({ deleted }) => !deleted);
        assert.deepEqual(
          [users.map(({ attributes }) => attributes["sAMAccountName"]?.[0] ?? "").toSorted(), whole],
          [["chair", "eve"], false],
        );
        assert.deepEqual(await deployment.joined.refresh(), { ...NONE, changed: 2 });
        assert.deepEqual((await deployment.user("eve")).properties["LineURI"], "tel:+1");
        assert.equal((await deployment.user("chair")).properties["AccountEnabled"], false);
        samba.tool("user rename eve --surname=Adams --display-name=Eve_Adams");
        assert.deepEqual(await deployment.joined.refresh(), { ...NONE, changed: 1 });
        assert.equal((await deployment.user("eve")).displayName, "Eve_Adams");
      },
    ],
    [
      "a user removed by samba-tool is gone here, among the deleted objects",
      async () => {
        const { objectId: id } = await deployment.user("crowd1");
        samba.tool("user delete crowd1");
        await using forest = await open();
        const { users, present } = await readAll(forest, cursor);
        assert.ok(users.some(({ guid, deleted }) => guid === id && deleted));
        assert.equal(present.length, 0);
        assert.deepEqual(await deployment.joined.refresh(), { ...NONE, removed: 1 });
        assert.equal(await deployment.directory.tenant(TENANT).users.get(id), undefined);
        assert.equal((await deployment.joined.checkWritable([id])).get(id)?.code, "forest-object");
      },
    ],
    [
      "to an account that may not see deleted objects, and within a part of the domain, by comparing who is there",
      async () => {
        for (const more of [{ user: "reader@corp.test", password: PASSWORD }, { base: PILOTS }]) {
          await using forest = await open(more);
          const before = await readAll(forest);
          const name = `crowd${"base" in more ? 3 : 2}`;
          const { objectId: id } = await deployment.user(name);
          samba.tool(`user delete ${name}`);
          const { present, whole } = await readAll(forest, before.cursor);
          assert.deepEqual([present.includes(id), present.length, whole], [false, before.users.length - 1, true]);
        }
        await using reader = deployment.join({ user: "reader@corp.test", password: PASSWORD });
        assert.deepEqual(await reader.refresh(), { ...NONE, removed: 2 });
      },
    ],
    [
      "rights: told before a move by allowedAttributesEffective, and by the exact text where one is tried all the same",
      async () => {
        const sid = /objectSid: (S-[\d-]+)/.exec(samba.tool("user show svc --attributes=objectSid"))?.[1];
        samba.tool(`dsacl set --objectdn=${PILOTS} --sddl=(A;CI;RPWP;;;${sid})`);
        const [eve, chair] = [await deployment.user("eve"), await deployment.user("chair")];
        await using joined = deployment.join({ user: "svc@corp.test", password: PASSWORD });
        const findings = await joined.checkWritable([eve.objectId, chair.objectId]);
        assert.deepEqual(
          [...findings].map(([id, fault]) => [id, fault.message]),
          [[chair.objectId, RIGHTS]],
        );
        deployment.joined = joined;
        try {
          for (const { objectId: id } of [eve, chair]) await deployment.change(id, { hostingProvider: ONLINE, registrarPool: null });
          const fault = await faultOf(joined.publish([eve.objectId, chair.objectId]));
          assert.deepEqual([fault.code, fault.message], ["directory-insufficient-rights", RIGHTS]);
        } finally {
          deployment.joined = deployment.join();
        }
        assert.equal(await deployment.joined.pending(), 1);
        assert.deepEqual(samba.values("(sAMAccountName=eve)", "msRTCSIP-DeploymentLocator")["msRTCSIP-DeploymentLocator"], [ONLINE]);
        assert.deepEqual(samba.values("(sAMAccountName=chair)", "msRTCSIP-DeploymentLocator")["msRTCSIP-DeploymentLocator"], ["SRV:"]);
        await deployment.joined.refresh();
        assert.equal((await deployment.user("chair")).hostingProvider, ONLINE, "what is to be written is not undone by a reading");
        deployment.nowMs += 3_600_000;
        assert.equal(await deployment.joined.flush(), 1);
        assert.deepEqual(samba.values("(sAMAccountName=chair)", "msRTCSIP-DeploymentLocator")["msRTCSIP-DeploymentLocator"], [ONLINE]);
      },
    ],
    [
      "a wrong password, an account that is not there, one that is disabled: each with its reason",
      async () => {
        const wrong = await refused({ user: "svc@corp.test", password: `${PASSWORD}y` });
        assert.deepEqual(
          [wrong.code, wrong.fields],
          ["forest-login", { server: "localhost", user: "svc@corp.test", reason: "the password is wrong, or there is no such account" }],
        );
        assert.equal((await refused({ user: "nobody@corp.test", password: PASSWORD })).code, "forest-login");
        const disabled = await refused({ user: "chair@corp.test", password: PASSWORD });
        assert.equal((disabled.fields as { reason?: string }).reason, "the account is disabled");
        await using byName = await open({ user: "CORP\\svc", password: PASSWORD });
        assert.equal((await readAll(byName, cursor)).whole, true);
      },
    ],
    [
      "TLS: an authority unknown here, another name; from the first octet and by StartTLS",
      async () => {
        for (const url of ["ldaps://localhost", "ldap://localhost"]) {
          const untrusted = await refused({ url, trust: {} });
          assert.equal(untrusted.code, "forest-tls", untrusted.message);
          const other = await refused({ url, serverName: "dc2.corp.test" });
          assert.equal(other.code, "forest-tls", other.message);
          await using named = await open({ url, serverName: "dc1.corp.test" });
          assert.equal(named.domain, "corp.test");
        }
        assert.equal((await refused({ url: "ldaps://localhost:389" })).code.replace("unreachable", "tls"), "forest-tls");
      },
    ],
    [
      "without TLS: not to another machine, and the controller itself takes no password so",
      async () => {
        assert.equal((await refused({ url: "ldap://dc1.corp.test", plain: true })).code, "forest-plain");
        assert.equal((await refused({ url: "ldap://localhost", plain: true })).code, "forest-protection");
      },
    ],
    [
      "a base that is not there, a filter that is none",
      async () => {
        const fault = await refused({ base: "OU=Nowhere,DC=corp,DC=test" });
        assert.deepEqual([fault.code, fault.fields], ["forest-base", { server: "dc1.corp.test", base: "OU=Nowhere,DC=corp,DC=test" }]);
        assert.equal((await refused({ base: "not a name" })).code, "forest-base");
      },
    ],
    [
      "another controller's cursor, or one of a restored controller: all is read again",
      async () => {
        await using forest = await open();
        for (const foreign of [`00000000-0000-4000-8000-000000000000:1`, cursor.replace(/:\d+$/, ":99999999"), "nonsense"]) {
          const { users, whole } = await readAll(forest, foreign);
          assert.deepEqual([users.length, whole], [CROWD + 3, true]);
        }
      },
    ],
    [
      "a controller killed between two pages and back again: the reading is whole",
      async () => {
        await using forest = await open({ pageSize: 100 });
        const seen = new Set<string>();
        let pages = 0;
        let isWhole = false;
        for await (const { users, whole } of forest.read(undefined)) {
          for (const { guid } of users) seen.add(guid);
          isWhole = whole;
          if ((pages += 1) !== 1) continue;
          await samba.stop("SIGKILL");
          await samba.start();
        }
        assert.deepEqual([seen.size, isWhole], [CROWD + 3, true]);
      },
    ],
    [
      "a controller killed in the middle of moves: what is to be written waits, and is written when it is back",
      async () => {
        const ids: ObjectId[] = [];
        for (const name of ["ada", "bob", "eve"]) ids.push((await deployment.user(name)).objectId);
        await deployment.joined.refresh();
        await samba.stop("SIGKILL");
        for (const id of ids) {
          await deployment.change(id, { hostingProvider: "SRV:", registrarPool: "pool02.corp.test" });
          await deployment.joined.publish([id]);
        }
        assert.equal(await deployment.joined.pending(), 3);
        assert.equal((await faultOf(deployment.joined.refresh())).code, "forest-unreachable");
        assert.equal((await faultOf(deployment.joined.checkWritable(ids))).code, "forest-unreachable");
        assert.equal((await refused({})).code, "forest-unreachable");
        await samba.start();
        samba.modify(`CN=bob Corp,${PILOTS}`, "replace: title", "title: Builder");
        assert.deepEqual(await deployment.joined.refresh(), { ...NONE, changed: 1 });
        deployment.nowMs += 10_000;
        assert.equal(await deployment.joined.flush(), 3);
        for (const name of ["ada", "bob", "eve"]) {
          assert.deepEqual(samba.values(`(sAMAccountName=${name})`, "msRTCSIP-PrimaryHomeServer")["msRTCSIP-PrimaryHomeServer"], [
            "pool02.corp.test",
          ]);
          assert.equal((await deployment.user(name)).registrarPool, "pool02.corp.test");
        }
        await deployment.joined.refresh();
        assert.deepEqual(await deployment.joined.refresh(), NONE);
      },
    ],
    [
      "a controller that takes connections and does not answer: a time-out, at sign-in and in the middle",
      async () => {
        await using forest = await open({ timeoutMs: 1000 });
        samba.signal("SIGSTOP");
        try {
          const silent = await faultOf(readAll(forest, cursor));
          assert.equal(silent.code, "forest-timeout", silent.message);
          assert.equal((await refused({ connectTimeoutMs: 1000 })).code, "forest-timeout");
          assert.equal((await refused({ url: "ldap://localhost", connectTimeoutMs: 1000 })).code, "forest-timeout");
        } finally {
          samba.signal("SIGCONT");
        }
        assert.equal((await readAll(forest, cursor)).whole, false);
      },
    ],
    [
      "two hundred users written by eight writers",
      async () => {
        const ids = (await deployment.directory.tenant(TENANT).users.find((eb) => eb("account_key", "like", "crowd%"), 200)).map((user) =>
          objectId(user.objectId),
        );
        for (const id of ids) {
          const user = await deployment.directory.tenant(TENANT).users.get(id);
          await deployment.change(id, {
            sipAddress: `sip:${user?.accountName}@corp.test`,
            enabled: true,
            hostingProvider: "SRV:",
            registrarPool: POOL,
          });
        }
        const perSecond = (began: number): number => Math.round((1000 * ids.length) / (performance.now() - began));
        const ours = performance.now();
        assert.equal(await deployment.joined.flush(), ids.length);
        const rate = perSecond(ours);
        const dns = ids.map((id) => `dn: <GUID=${id}>\nchangetype: modify\nreplace: description\ndescription: here`);
        const peer = performance.now();
        assert.equal(samba.ldap("ldapmodify", [], undefined, undefined, `${dns.join("\n\n")}\n`).code, 0);
        console.log(`          ${rate} users a second; ldapmodify, one attribute of each: ${perSecond(peer)}`);
        assert.equal(
          samba.values("(&(sAMAccountName=crowd*)(msRTCSIP-UserEnabled=TRUE))", "msRTCSIP-PrimaryUserAddress")[
            "msRTCSIP-PrimaryUserAddress"
          ]?.length,
          200,
        );
        assert.equal((await deployment.joined.refresh()).added, 0);
        assert.deepEqual(await deployment.joined.refresh(), NONE);
      },
    ],
    [
      "a controller killed while it writes them: what was not acknowledged is written again, and nothing is lost",
      async () => {
        const { users } = deployment.directory.tenant(TENANT);
        const ids = (await users.find((eb) => eb("account_key", "like", "crowd%"), 200)).map(({ objectId: id }) => id);
        for (const id of ids) await deployment.change(id, { registrarPool: "pool02.corp.test" });
        const first = deployment.joined.flush();
        while ((await deployment.joined.pending()) > 180) await wait(20);
        await samba.stop("SIGKILL");
        const written = await first;
        const left = await deployment.joined.pending();
        assert.equal(written + left, ids.length);
        assert.ok(left > 0, "killed too late");
        await samba.start();
        deployment.nowMs += 300_000;
        assert.equal(await deployment.joined.flush(), left);
        const homed = samba.values("(msRTCSIP-PrimaryHomeServer=pool02.corp.test)", "sAMAccountName")["sAMAccountName"] ?? [];
        assert.equal(homed.filter((name) => name.startsWith("crowd")).length, ids.length);
        assert.equal((await deployment.joined.refresh()).changed, 0);
      },
    ],
  ];
}

export const driver: Driver = {
  name: "Samba's directory behind a deployment, read and written over LDAP; OpenLDAP's tools",
  needs: missingForest,
  async run(): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-joined-"));
    try {
      await using samba = await SambaForest.create();
      const deployment = await Deployment.create(samba, folder);
      try {
        return await cases(casesOf(samba, deployment));
      } finally {
        await deployment.joined[Symbol.asyncDispose]();
        await deployment.store.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
