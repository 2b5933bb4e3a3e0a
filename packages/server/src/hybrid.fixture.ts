/** The lab's two sites in one process, over real HTTPS between them, with what a test needs to look into both. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { Dialler, NameMap } from "@tieline/net";
import { LAB_DEPLOYMENT, LAB_TENANTS, type ObjectId, type TenantDirectory, type TenantId, type UserRecord } from "./directory/index.ts";
import { joinHybrid, type HybridSettings } from "./hybrid.ts";
import { LabAuthority } from "./lab/authority.ts";
import { certificateNames, nameEntries } from "./lab/places.ts";
import { choosePorts } from "./lab/ports.ts";
import { provision, provisionApplications } from "./lab/provision.ts";
import { LabSecrets } from "./lab/secrets.ts";
import { serveSite, type Front } from "./listeners.ts";
import { UserDataStore, type HostedAuthentication, type HostedSession, type Migration } from "./migration/index.ts";
import { openSite, type Site } from "./site.ts";

export interface Hybrid extends AsyncDisposable {
  readonly online: Site;
  readonly pool: Site;
  readonly migration: Migration;
  readonly here: TenantDirectory;
  readonly there: TenantDirectory;
  readonly secrets: LabSecrets;
  /** Reaches the service by its names. */
  readonly dialler: Dialler;
  /** Takes the service away and brings it back on the same port. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  /** Loses the next requests, or answers, of an operation on the way. */
  lose(what: "request" | "answer", operation: string, times: number): void;
  /** The service's answers say that it is so much later there, ms. */
  shiftDates(ms: number): void;
  open(authentication?: HostedAuthentication): Promise<HostedSession>;
  user(address: string): Promise<UserRecord>;
  onlineUser(address: string): Promise<UserRecord>;
  data(site: "here" | "there", user: ObjectId): ReturnType<UserDataStore["read"]>;
}

export const ADMIN = "admin@contoso.com";
export const ONLINE = "sipfed.online.lync.com";
export const POOL = "pool01.contoso.local";
const CONTOSO = LAB_TENANTS[0]?.tenant.tenantId as TenantId;
const DEPLOYMENT = LAB_DEPLOYMENT.tenant.tenantId;

export async function openTestHybrid(users = 40, more: Partial<HybridSettings> = {}): Promise<Hybrid> {
  const folder = mkdtempSync(join(tmpdir(), "tieline-hybrid-"));
  const opened = new AsyncDisposableStack();
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  const secrets = LabSecrets.open(folder);
  const authority = await LabAuthority.open(join(folder, "authority"), Date.now());
  const ports = await choosePorts({});
  const log = { info: () => undefined, warn: () => undefined };
  const online = opened.use(
    await openSite({
      kind: "online",
      folder,
      computer: "admin0a.online.lync.com",
      log,
      identity: {
        host: "login.online.lync.com",
        aliases: [],
        endpointHosts: ["admin0a.online.lync.com"],
        siteKey: secrets.identityKey,
      },
    }),
  );
  const pool = opened.use(await openSite({ kind: "pool", folder, computer: POOL, vaultKey: secrets.vaultKey, log }));
  for (const site of [online, pool]) await provision(site, secrets, users);
  await provisionApplications(online, ({ file }) => authority.client(file, Date.now()));
  const tls = await authority.server("online", certificateNames("online"), Date.now());
  let losing: { what: "request" | "answer"; operation: string; times: number } | undefined;
  let aheadMs = 0;
  const front: Front = (request, response) => {
    if (aheadMs !== 0) response.setHeader("date", new Date(Date.now() + aheadMs).toUTCString());
    if (losing === undefined || losing.times === 0 || request.url?.endsWith(`/${losing.operation}`) !== true) return false;
    losing.times -= 1;
    if (losing.what === "request") {
      request.socket.destroy();
      return true;
    }
    // It is done, and nobody hears of it.
    response.writeHead = () => response;
    response.end = () => (request.socket.destroy(), response);
    return false;
  };
  const serve = () =>
    serveSite(online, { mechanisms: {}, ntlmNames: {}, https: { port: ports["online-https"], tls }, front, answer: () => undefined });
  let served: Awaited<ReturnType<typeof serveSite>> | undefined = await serve();
  opened.defer(async () => served?.[Symbol.asyncDispose]());
  const dialler = new Dialler({ names: NameMap.of(nameEntries(ports)), tls: { authorities: [authority.certificate] } });
  const settings = {
    key: secrets.migrationKey,
    dialler,
    log,
    reports: join(folder, "reports"),
    settleEveryMs: 0,
    timeoutMs: 5_000,
    ...more,
  };
  opened.use(await joinHybrid(pool, settings));
  const here = pool.directory.tenant(DEPLOYMENT);
  const there = online.directory.tenant(CONTOSO);
  const migration = pool.migration as Migration;
  const found = async (directory: TenantDirectory, address: string): Promise<UserRecord> => {
    const [user] = await directory.users.find((eb) => eb("sip_key", "=", `sip:${address}`), 1);
    if (user === undefined) throw new Error(`no ${address}`);
    return user;
  };
  return {
    online,
    pool,
    migration,
    here,
    there,
    secrets,
    dialler,
    stopService: async () => {
      await served?.[Symbol.asyncDispose]();
      served = undefined;
    },
    startService: async () => {
      served ??= await serve();
    },
    shiftDates: (ms) => (aheadMs = ms),
    lose: (what, operation, times) => (losing = { what, operation, times }),
    open: (authentication = { kind: "credential", user: ADMIN, password: secrets.password(ADMIN) }) =>
      migration.openHosted({ url: "admin0a.online.lync.com" }, authentication),
    user: (address) => found(here, address),
    onlineUser: (address) => found(there, address),
    data: (site, user) =>
      site === "here" ? new UserDataStore(pool.store.db, DEPLOYMENT).read(user) : new UserDataStore(online.store.db, CONTOSO).read(user),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Everything that a user may have, made up. */
export async function giveData(hybrid: Hybrid, address: string): Promise<void> {
  const user = await hybrid.user(address);
  const store = new UserDataStore(hybrid.pool.store.db, DEPLOYMENT);
  await store.write(user.objectId, { ...FULL, policies: user.policies }, SYSTEM_SOURCES.nowMs());
}

export const FULL = {
  contacts: [
    { uri: "sip:alice@contoso.com", displayName: "Alice", groups: [1], subscribed: true },
    { uri: "sip:bob@contoso.com", displayName: "Bob", groups: [1, 2], subscribed: false },
  ],
  groups: [
    { number: 1, name: "Favourites" },
    { number: 2, name: "Team" },
  ],
  permissions: [{ member: "domain:fabrikam.com", level: "External" as const }],
  delegates: [{ uri: "sip:alice@contoso.com", maySchedule: true, mayAnswer: true, mayCall: false }],
  meetings: [
    {
      conferenceId: "ABC123",
      subject: "Weekly",
      startsMs: 1_600_000_000_000,
      endsMs: 1_600_003_600_000,
      access: "Invited" as const,
      presenters: ["sip:alice@contoso.com"],
      dialInId: null,
    },
  ],
  forwarding: { mode: "SimultaneousRing" as const, target: "tel:+14255550100", unansweredTo: "voicemail", unansweredSeconds: 20, team: [] },
  policies: {},
};
