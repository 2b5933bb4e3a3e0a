import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PsValue } from "@tieline/remoting/objects";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINES } from "../store/engines.fixture.ts";
import { sqliteDialect, storeOver, type Store } from "../store/index.ts";
import { chance } from "./chance.ts";
import { Directory } from "./directory.ts";
import { LAB_TENANTS } from "./generate.ts";
import type { TenantId } from "./ids.ts";
import { fileBytes, importUsers, type ImportOptions, type ImportReport } from "./import.ts";
import { createLabTenants } from "./lab.ts";
import { USER_PROPERTIES, userValue } from "./user-properties.ts";
import type { Tenant } from "./tenants.ts";
import type { UserRecord } from "./user-record.ts";

const NOW = Date.UTC(2020, 7, 5, 10);
const FABRIKAM = LAB_TENANTS[1]?.tenant.tenantId as TenantId;

describe.each(ENGINES)("importing users on $name", ({ open }) => {
  let store: Store;
  let directory: Directory;
  let guids = chance("import");
  const options = (): ImportOptions => ({ nowMs: NOW, newGuid: () => guids.guid() });

  beforeAll(async () => {
    store = await open();
    directory = Directory.of(store);
    await createLabTenants(directory, {
      users: 5,
      nowMs: NOW,
      credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }),
    });
    guids = chance("import");
  });
  afterAll(() => store.close());

  const run = (text: string, more: Partial<ImportOptions> = {}): Promise<ImportReport> =>
    importUsers(directory, FABRIKAM, ReadableStream.from([new TextEncoder().encode(text)]), { ...options(), ...more });
  const all = async (): Promise<UserRecord[]> => {
    const users: UserRecord[] = [];
    for await (const user of directory.tenant(FABRIKAM).users.stream()) users.push(user);
    return users;
  };
  const byUpn = async (upn: string): Promise<UserRecord | undefined> =>
    (await directory.tenant(FABRIKAM).users.find((eb) => eb("upn_key", "=", upn)))[0];

  it("takes the columns of Get-CsOnlineUser | Export-Csv", async () => {
    const report = await run(
      [
        "#TYPE Deserialized.Microsoft.Rtc.Management.ADConnect.Schema.ADOCOnlineUser",
        '"PSComputerName","Identity","UserPrincipalName","SipAddress","DisplayName","Enabled","ObjectId","SamAccountName","EnterpriseVoiceEnabled","LineURI","Department","ProxyAddresses","ClientPolicy","ConferencingPolicy","AssignedPlan","OptionFlags","StsRefreshTokensValidFrom","WhenCreated","HostingProvider","RegistrarPool","InterpretedUserType"',
        '"admin0a.online.lync.com","CN=11111111-2222-4333-8444-555555555555,OU=x,OU=OCS Tenants,DC=lync0a001,DC=local","dora@fabrikam.com","sip:dora@fabrikam.com","Diaz, ""Dora""","True","11111111-2222-4333-8444-555555555555","dora","False","tel:+1425","Sales',
        'and more","System.String[]","Tag:NoIMURL","Global","<Plan ServicePlanId=""0feaeb32-d00e-4d66-bd5a-43b5b83db82c"" CapabilityStatus=""0"" />","257","8/5/2020 1:02:03 PM","1/1/2019","sipfed.online.lync.com","sippool0a02.infra.lync.com","PureOnlineSfBUser"',
      ].join("\r\n"),
    );
    expect(report).toEqual({ read: 1, added: 1, changed: 0, unknownColumns: [], passedOver: 1, foreignDomains: [] });
    expect(await byUpn("dora@fabrikam.com")).toEqual({
      objectId: "11111111-2222-4333-8444-555555555555",
      userPrincipalName: "dora@fabrikam.com",
      sipAddress: "sip:dora@fabrikam.com",
      displayName: 'Diaz, "Dora"',
      accountName: "dora",
      enabled: true,
      hostingProvider: "sipfed.online.lync.com",
      registrarPool: "sippool0a02.infra.lync.com",
      interpretedUserType: "PureOnlineSfBUser",
      properties: {
        EnterpriseVoiceEnabled: false,
        LineURI: "tel:+1425",
        Department: "Sales\r\nand more",
        OptionFlags: 257,
        StsRefreshTokensValidFrom: Date.UTC(2020, 7, 5, 13, 2, 3),
      },
      policies: { ClientPolicy: "NoIMURL" },
      plans: [{ planId: "0feaeb32-d00e-4d66-bd5a-43b5b83db82c", status: "Enabled", assignedMs: NOW }],
      createdMs: NOW,
      changedMs: NOW,
    });
  });

  it("takes the two columns of an older export, and says which domains the tenant lacks", async () => {
    const report = await run('"SipAddress","DisplayName"\n"sip:eve@elsewhere.com","Eve"\n');
    expect(report).toMatchObject({ added: 1, foreignDomains: ["elsewhere.com"] });
    expect(await byUpn("eve@elsewhere.com")).toMatchObject({ accountName: "eve", sipAddress: "sip:eve@elsewhere.com", enabled: true });
  });

  it("takes columns by the names of later modules and says which it does not know", async () => {
    const report = await run("UserPrincipalName,GivenName,IsSipEnabled,ShoeSize\nfinn@fabrikam.com,Finn,true,44\n");
    expect(report.unknownColumns).toEqual(["ShoeSize"]);
    expect(await byUpn("finn@fabrikam.com")).toMatchObject({ enabled: true, properties: { FirstName: "Finn" } });
  });

  it("brings a user who is there to what the file says, by object id or by principal name", async () => {
    const before = await byUpn("finn@fabrikam.com");
    expect(await run("UserPrincipalName,DisplayName\nFINN@fabrikam.com,Finn O.\n")).toMatchObject({ added: 0, changed: 1 });
    const after = await byUpn("finn@fabrikam.com");
    expect(after).toMatchObject({ objectId: before?.objectId, displayName: "Finn O.", properties: {} });
    expect(await run(`ObjectId,UserPrincipalName\n${before?.objectId ?? ""},finley@fabrikam.com\n`)).toMatchObject({ changed: 1 });
    expect(await byUpn("finn@fabrikam.com")).toBeUndefined();
    expect((await byUpn("finley@fabrikam.com"))?.objectId).toBe(before?.objectId);
  });

  it("names every problem with line and column, and then keeps nothing", async () => {
    const before = await all();
    const refused = run(
      [
        "UserPrincipalName,SipAddress,Enabled,OptionFlags,ObjectId",
        "good@fabrikam.com,sip:good@fabrikam.com,True,1,",
        "no address,,True,1,",
        'multi@fabrikam.com,,"Tr',
        'ue",1,',
        "flags@fabrikam.com,not-sip,True,many,xyz",
        "GOOD@fabrikam.com,,True,1,",
        ",,True,1,",
        "short@fabrikam.com,",
      ].join("\n"),
    );
    const error = (await refused.catch((thrown: unknown) => thrown)) as { code: string; fields: { count: number; problems: string } };
    expect(error.code).toBe("import-refused");
    expect(error.fields.count).toBe(8);
    expect(error.fields.problems.split("\n").toSorted()).toEqual(
      [
        'line 3, column UserPrincipalName: "no address" is no user principal name',
        'line 4, column Enabled: "Tr\nue" is neither True nor False',
        'line 6, column SipAddress: "not-sip" is no SIP address',
        'line 6, column OptionFlags: "many" is no whole number',
        'line 6, column ObjectId: "xyz" is no GUID',
        'line 7, column UserPrincipalName: "good@fabrikam.com" stands on line 2 too',
        "line 8, neither UserPrincipalName nor SipAddress has a value",
        "line 9, there are 2 values where the head has 5 columns",
      ]
        .flatMap((line) => line.split("\n"))
        .toSorted(),
    );
    expect(await all()).toEqual(before);
  });

  it("refuses a name of another user, and keeps nothing of the file", async () => {
    const before = await all();
    await expect(
      run("UserPrincipalName,SipAddress\nnew1@fabrikam.com,\nnew2@fabrikam.com,sip:kenmyer@fabrikam.com\n"),
    ).rejects.toMatchObject({
      fields: { problems: 'line 3, column SipAddress: "sip:kenmyer@fabrikam.com" belongs to another user of the tenant' },
    });
    const dora = before.find((user) => user.userPrincipalName === "dora@fabrikam.com");
    await expect(run(`UserPrincipalName,ObjectId\nkenmyer@fabrikam.com,${dora?.objectId ?? ""}\n`)).rejects.toMatchObject({
      fields: { problems: 'line 2, column UserPrincipalName: "kenmyer@fabrikam.com" belongs to another user of the tenant' },
    });
    expect(await all()).toEqual(before);
  });

  it("keeps nothing when the file breaks off or the caller gives up", async () => {
    const before = await all();
    const rows = Array.from({ length: 600 }, (_, i) => `u${i}@fabrikam.com`).join("\n");
    await expect(run(`UserPrincipalName\n${rows}\n"broken`)).rejects.toMatchObject({ code: "csv-syntax", fields: { line: 602 } });
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(run(`UserPrincipalName\n${rows}\n`, { signal })).rejects.toThrow("stop");
    expect(await all()).toEqual(before);
  });

  it("shows in a dry run what would happen", async () => {
    const before = await all();
    const seen: number[] = [];
    const rows = Array.from({ length: 600 }, (_, i) => `u${i}@fabrikam.com`).join("\n");
    const report = await run(`UserPrincipalName\n${rows}\ndora@fabrikam.com\n`, { dryRun: true, onProgress: (users) => seen.push(users) });
    expect(report).toMatchObject({ read: 601, added: 600, changed: 1 });
    expect(seen).toEqual([250, 500, 601]);
    expect(await all()).toEqual(before);
  });

  it.each([
    ["", "the file is empty"],
    ["DisplayName,City\nx,y", "neither UserPrincipalName nor SipAddress is among them"],
    ["UserPrincipalName,userprincipalname\n", "the column userprincipalname stands there twice"],
  ])("refuses a head without what it needs (%#)", async (text, reason) => {
    await expect(run(text)).rejects.toMatchObject({ code: "csv-header", fields: { reason } });
  });

  it("takes back what an export of all users holds", async () => {
    const tenant = (await directory.tenants.byId(FABRIKAM)) as Tenant;
    const quote = (value: PsValue): string =>
      value === null
        ? ""
        : `"${(Array.isArray(value) ? "System.Object[]" : (value as string | boolean).toString()).replaceAll('"', '""')}"`;
    const before = await all();
    const lines = before.map((user) => USER_PROPERTIES.map((property) => quote(userValue(property, user, tenant))).join(","));
    const report = await run([USER_PROPERTIES.map((property) => property.name).join(","), ...lines].join("\r\n"));
    expect(report).toMatchObject({ read: before.length, changed: before.length, added: 0, unknownColumns: [] });
    const bare = (user: UserRecord): unknown => ({
      ...user,
      plans: null,
      changedMs: 0,
      properties: { ...user.properties, ProxyAddresses: null },
    });
    const after = await all();
    expect(after.map((user) => user.objectId)).toEqual(before.map((user) => user.objectId));
    expect(after.map(bare)).toMatchObject(before.map(bare) as object[]);
  });
});

describe("a file of 100,000 users", () => {
  it("is imported in bounded memory", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tieline-import-"));
    try {
      const store = await storeOver(sqliteDialect(join(folder, "x.db")), "sqlite", NOW);
      const directory = Directory.of(store);
      await createLabTenants(directory, {
        users: 3,
        nowMs: NOW,
        credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }),
      });
      const count = 100_000;
      async function* rows(): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode('"UserPrincipalName","SipAddress","DisplayName","Enabled","City"\r\n');
        for (let i = 0; i < count; i += 100) {
          const lines = Array.from(
            { length: 100 },
            (_, k) => `"u${i + k}@fabrikam.com","sip:u${i + k}@fabrikam.com","User ${i + k}","True","Redmond"\r\n`,
          );
          yield new TextEncoder().encode(lines.join(""));
        }
      }
      const guids = chance("many");
      globalThis.gc?.();
      const start = process.memoryUsage().heapUsed;
      let most = 0;
      const report = await importUsers(directory, FABRIKAM, rows(), {
        nowMs: NOW,
        newGuid: () => guids.guid(),
        onProgress: (users) => {
          if (users % 5000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - start);
        },
      });
      expect(report.added).toBe(count);
      expect(most / 1024 / 1024).toBeLessThan(150);
      await store.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("that is not there is a fault", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tieline-import-"));
    const read = async (file: string): Promise<number> => {
      let size = 0;
      for await (const chunk of fileBytes(file)) size += chunk.length;
      return size;
    };
    writeFileSync(join(folder, "x.csv"), "abc");
    expect(await read(join(folder, "x.csv"))).toBe(3);
    await expect(read(join(folder, "none.csv"))).rejects.toMatchObject({ code: "file-unreadable" });
    rmSync(folder, { recursive: true });
  });
});
