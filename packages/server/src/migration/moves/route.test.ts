import { isFault } from "@tieline/fault";
import { describe, expect, test } from "vitest";
import type { ObjectId, Pool, SiteSetting, UserRecord } from "../../directory/index.ts";
import type { MoveOptions } from "./move.ts";
import { routeOf, type Targets } from "./route.ts";

const pool = (identity: string, ...services: string[]): Pool => ({ identity, services }) as unknown as Pool;
const provider = (name: string, settings: SiteSetting["settings"]): SiteSetting =>
  ({ kind: "HostingProvider", name, settings }) as SiteSetting;

const TARGETS: Targets = {
  pools: [
    pool("pool01.contoso.local", "Registrar:pool01.contoso.local", "WebServer:pool01.contoso.local"),
    pool("pool02.contoso.local", "registrar:pool02.contoso.local"),
    pool("edge01.contoso.local", "EdgeServer:edge01.contoso.local"),
  ],
  providers: [
    provider("LyncOnline", { ProxyFqdn: "sipfed.online.lync.com", HostsOCSUsers: true, Enabled: true }),
    provider("Partner", { ProxyFqdn: "sip.partner.com", HostsOCSUsers: false, Enabled: true }),
    provider("Old", { ProxyFqdn: "sipfed.old.com", HostsOCSUsers: true, Enabled: false }),
    provider("Second", { ProxyFqdn: "sipfed.second.com", HostsOCSUsers: true, Enabled: true }),
    provider("Broken", { HostsOCSUsers: true, Enabled: true }),
  ],
};

const user = (homing: Partial<UserRecord>): UserRecord => ({
  objectId: "00000000-0000-4000-8000-000000000001" as ObjectId,
  userPrincipalName: "ken@contoso.com",
  sipAddress: "sip:ken@contoso.com",
  displayName: "Ken",
  accountName: "ken",
  enabled: true,
  hostingProvider: "SRV:",
  registrarPool: "pool01.contoso.local",
  interpretedUserType: null,
  properties: {},
  policies: {},
  plans: [],
  createdMs: 0,
  changedMs: 0,
  ...homing,
});

const ON_PREMISES = user({});
const ONLINE = user({ hostingProvider: "sipfed.online.lync.com", registrarPool: null });

function told(who: UserRecord, target: string, options: MoveOptions = {}): string {
  try {
    const route = routeOf(who, target, options, TARGETS);
    return `${route.direction}: ${route.source} > ${route.target}`;
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

describe("the route of a move", () => {
  test.each([
    [
      "from a pool to the service's proxy",
      ON_PREMISES,
      "sipfed.online.lync.com",
      "to-online: pool01.contoso.local > sipfed.online.lync.com",
    ],
    [
      "in any letter case, and is written as it is declared",
      ON_PREMISES,
      "SIPFED.Online.Lync.com",
      "to-online: pool01.contoso.local > sipfed.online.lync.com",
    ],
    ["from the service to a pool", ONLINE, "POOL02.contoso.local", "to-pool: sipfed.online.lync.com > pool02.contoso.local"],
    ["between pools", ON_PREMISES, "pool02.contoso.local", "between-pools: pool01.contoso.local > pool02.contoso.local"],
    [
      "a locator in small letters is on premises, too",
      user({ hostingProvider: "srv:" }),
      "pool02.contoso.local",
      "between-pools: pool01.contoso.local > pool02.contoso.local",
    ],
    [
      "to another enabled provider that hosts users",
      ON_PREMISES,
      "sipfed.second.com",
      "to-online: pool01.contoso.local > sipfed.second.com",
    ],
    ["not to a provider that hosts none", ON_PREMISES, "sip.partner.com", "move-target-unknown"],
    ["not to a provider that is switched off", ON_PREMISES, "sipfed.old.com", "move-target-unknown"],
    ["not to a machine without a registrar", ON_PREMISES, "edge01.contoso.local", "move-target-unknown"],
    ["not to nowhere", ON_PREMISES, "nowhere.contoso.local", "move-target-unknown"],
    ["not to an empty name", ON_PREMISES, "", "move-target-unknown"],
    ["not to where the user is: a pool", ON_PREMISES, "Pool01.contoso.local", "move-already-there"],
    ["not to where the user is: the service", ONLINE, "sipfed.online.lync.com", "move-already-there"],
    ["not from one service to another", ONLINE, "sipfed.second.com", "move-between-online-and-online"],
    ["not for somebody who is not enabled", user({ enabled: false }), "sipfed.online.lync.com", "move-not-enabled"],
    ["not for somebody without a home", user({ hostingProvider: null, registrarPool: null }), "pool01.contoso.local", "move-not-enabled"],
    ["not for somebody of a pool that is none", user({ registrarPool: null }), "sipfed.online.lync.com", "move-not-enabled"],
    ["not for somebody without an address", user({ sipAddress: null }), "sipfed.online.lync.com", "move-not-enabled"],
  ])("%s", (_title, who, target, expected) => {
    expect(told(who, target)).toBe(expected);
  });

  test.each([
    ["MoveConferenceData", ON_PREMISES, "sipfed.online.lync.com", { moveConferenceData: true }, "move-option-unfit"],
    ["MoveConferenceData", ONLINE, "pool01.contoso.local", { moveConferenceData: true }, "move-option-unfit"],
    [
      "MoveConferenceData",
      ON_PREMISES,
      "pool02.contoso.local",
      { moveConferenceData: true },
      "between-pools: pool01.contoso.local > pool02.contoso.local",
    ],
    ["MoveToTeams", ONLINE, "pool01.contoso.local", { moveToTeams: true }, "move-option-unfit"],
    ["MoveToTeams", ON_PREMISES, "pool02.contoso.local", { moveToTeams: true }, "move-option-unfit"],
    [
      "MoveToTeams",
      ON_PREMISES,
      "sipfed.online.lync.com",
      { moveToTeams: true },
      "to-online: pool01.contoso.local > sipfed.online.lync.com",
    ],
  ])("-%s is taken where it means something", (_option, who, target, options, expected) => {
    expect(told(who, target, options)).toBe(expected);
  });

  test("an unknown target is told which there are", () => {
    expect(() => routeOf(ON_PREMISES, "x", {}, { pools: [], providers: [] })).toThrowError(
      expect.objectContaining({ fields: { target: "x", targets: "none" } }),
    );
    try {
      routeOf(ON_PREMISES, "x", {}, TARGETS);
    } catch (error) {
      expect(isFault(error) && error.cure).toContain(
        "pool01.contoso.local, pool02.contoso.local, sipfed.online.lync.com, sipfed.second.com",
      );
    }
  });
});
