/**
 * Founding document 003, Diagnose connection problems with the Skype for Business Online Connector, section by section:
 * what it describes is brought about at the service or on the network, and the reader is told its text, why, and what to
 * do. Four of the ten sit on a machine that is not ours (its PowerShell, its sign-in assistant, its WinRM): their texts
 * are met by `tieline explain`, and Tieline's own way is shown not to need what they need.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN, FoundingLab } from "./founding-lab.fixture.ts";

const NEIGHBOUR = "admin@fabrikam.com";
const REQUESTING = "Requesting authentication token";
const INITIALIZING = "Initializing remote session";

let founding: FoundingLab;
beforeAll(async () => {
  founding = new FoundingLab();
  // The document's three and twenty; that twenty are counted is tested beside the quota.
  await founding.start([], { perTenant: 4 });
});
afterAll(() => founding?.[Symbol.asyncDispose]());

describe("on the client's own machine", () => {
  test("1, execution policy: known as it is printed, with the document's command", async () => {
    const known = await founding.explained(
      String.raw`Import-Module : File C:\Program Files\Common Files\Microsoft Lync Server 2013\Modules\LyncOnlineConnector\LyncOnlineConnectorStartup.psm1 cannot be loaded because running scripts is disabled on this system. For more information, see about_Execution_Policies at https://go.microsoft.com/fwlink/?LinkID=135170.`,
    );
    expect(known).toMatchObject({ code: "execution-policy", commands: expect.arrayContaining(["Set-ExecutionPolicy RemoteSigned"]) });
  });

  test("2, version of PowerShell: known as it is printed, and a newer one is named", async () => {
    const known = await founding.explained(
      String.raw`Import-Module : The version of the loaded PowerShell is '2.0'. The module 'D:\Program Files\Common Files\Microsoft Lync Server 2013\Modules\LyncOnlineConnector\LyncOnlineConnector.psd1' requires a minimum PowerShell version of '3.0' to execute. Please verify the installation of the PowerShell and try again.`,
    );
    expect(known).toMatchObject({ code: "powershell-too-old", cure: expect.stringContaining("5.1") });
  });

  test("3, WinRM without Basic: known by its heading and by WinRM's words; our client needs no WinRM", async () => {
    const heading = await founding.explained("Modern authentication fails when WinRM Basic authentication has been disabled");
    expect(heading).toMatchObject({ code: "winrm-basic-disabled", cure: expect.stringContaining("Switch Basic on") });
    const winrm = "The WinRM client cannot process the request. Basic authentication is currently disabled in the client configuration.";
    expect((await founding.explained(winrm)).code).toBe("winrm-basic-disabled");
    expect((await founding.invoke(ADMIN)).code).toBe(0);
  });

  test("5, sign-in assistant not installed: known as it is printed; the legacy sign-in of ours needs none", async () => {
    const known = await founding.explained(
      "Get-CsWebTicket : Can not load Live Id module. Make sure correct version of Live Id Sign-in assistant is installed.",
    );
    expect(known).toMatchObject({ code: "live-id-module-missing", cure: expect.stringContaining("Sign-in Assistant") });
    expect((await founding.invoke(ADMIN, ["--sign-in", "legacy"])).code).toBe(0);
  });
});

describe("on the way to the service", () => {
  const UNREACHED = ["--sign-in", "legacy", "--connect-to", "login.online.lync.com:443:127.0.0.1:1"];

  test("4, the sign-in servers cannot be reached: the document's text, and below it the hop that refused", async () => {
    const ran = await founding.invoke(ADMIN, UNREACHED);
    await founding.expectTold(ran, {
      code: "live-id-unreachable",
      text: "Failed to connect live id servers. Make sure proxy is enabled or machine has network connection to live id servers.",
      stage: REQUESTING,
      cure: /tieline doctor/,
      exit: 6,
    });
    expect(ran.err).toMatch(/said: .*login\.online\.lync\.com port 443 refused the connection/);
    const looked = await founding.doctor(ADMIN, ["--connect-to", "login.online.lync.com:443:127.0.0.1:1"]);
    expect([looked.code, looked.found]).toEqual([6, expect.stringContaining("login.online.lync.com")]);
  });

  test("6, logon failed: the document's text with the account's name, and the service's own words", async () => {
    for (const [user, number] of [
      [ADMIN, "50126"],
      ["kenmyer@contoso.com", "50034"],
    ] as const) {
      const ran = await founding.invoke(user, ["--sign-in", "legacy"], { TIELINE_PASSWORD: "not this one" });
      await founding.expectTold(ran, {
        code: "logon-failed",
        text: `Logon failed for the user '${user}'. Please create a new PSCredential object, making sure that you have used the correct user name and password.`,
        stage: REQUESTING,
        cure: /user name .* and the password again/,
        exit: 4,
      });
      expect(ran.err).toContain(`AADSTS${number}`);
    }
  });

  test("6, the same by a token: the authority's words, which the document's readers look up", async () => {
    const ran = await founding.invoke(ADMIN, [], { TIELINE_PASSWORD: "not this one" });
    await founding.expectTold(ran, {
      code: "aadsts-50126",
      text: "AADSTS50126: Error validating credentials due to invalid username or password.",
      stage: REQUESTING,
      cure: /password/,
      exit: 4,
    });
  });
});

describe("at the service", () => {
  test("7, no permission to manage the tenant: an administrator of another one", async () => {
    const ran = await founding.invoke(NEIGHBOUR, ["--override-admin-domain", "contoso.com"]);
    await founding.expectTold(ran, {
      code: "tenant-not-permitted",
      text: `The user '${NEIGHBOUR}' does not have permission to manage this tenant. Permissions can be granted by assigning the user to the appropriate RBAC role.`,
      stage: INITIALIZING,
      cure: /assign the account an administrative role/,
      exit: 5,
    });
    const looked = await founding.doctor(NEIGHBOUR, ["--override-admin-domain", "contoso.com"]);
    expect([looked.code, looked.found]).toEqual([5, expect.stringContaining("does not have permission to manage this tenant")]);
  });

  test("8, remote PowerShell switched off for the tenant", async () => {
    const TEXT =
      "The ability to connect to this tenant by using a remote PowerShell session has been disabled. Please contact Lync Help to check Tenant Powershell Policy of this tenant.";
    const allow = (flag: number): void =>
      founding.sql(
        "update tenants set remote_powershell = ? where tenant_id = (select tenant_id from accounts where upn = ?)",
        flag,
        NEIGHBOUR,
      );
    allow(0);
    try {
      await founding.expectTold(await founding.invoke(NEIGHBOUR), {
        code: "tenant-powershell-disabled",
        text: TEXT,
        stage: INITIALIZING,
        cure: /EnableRemotePowerShellAccess|policy/i,
        exit: 5,
      });
      const looked = await founding.doctor(NEIGHBOUR);
      expect([looked.code, looked.found]).toEqual([5, expect.stringContaining(TEXT)]);
    } finally {
      allow(1);
    }
    expect((await founding.invoke(NEIGHBOUR)).code).toBe(0);
  });

  test("9 and 10, three sessions of one administrator, and as many of the tenant as it may hold: the next is refused, and told who holds them", async () => {
    const keep = (user: string, name: string) =>
      founding.tieline(["connect", user, "--data", founding.lab.folder, "--keep", name, "-o", "jsonl"]);
    for (const name of ["one", "two", "three"]) expect(await keep(ADMIN, name)).toMatchObject({ code: 0 });
    const fourth = await founding.invoke(ADMIN);
    await founding.expectTold(fourth, {
      code: "shell-seats-held",
      text: "The WS-Management service cannot process the request. The maximum number of concurrent shells for this user has been exceeded. Close existing shells or raise the quota for this user.",
      stage: INITIALIZING,
      cure: /tieline sessions close/,
      exit: 7,
    });
    const ofUser = await founding.doctor(ADMIN);
    expect([ofUser.code, ofUser.found]).toEqual([7, expect.stringContaining("concurrent shells for this user")]);

    expect(await keep("viewer@contoso.com", "four")).toMatchObject({ code: 0 });
    await founding.expectTold(await founding.invoke("helpdesk@contoso.com"), {
      code: "shell-quota-tenant",
      text: "The WS-Management service cannot process the request. The maximum number of concurrent shells for this tenant has been exceeded. Close existing shells or raise the quota for this tenant.",
      stage: INITIALIZING,
      cure: /sessions/,
      exit: 7,
    });
    const ofTenant = await founding.doctor("helpdesk@contoso.com");
    expect([ofTenant.code, ofTenant.found]).toEqual([7, expect.stringContaining("concurrent shells for this tenant")]);

    // The document's remedy.
    for (const user of [ADMIN, "viewer@contoso.com"])
      expect(await founding.tieline(["sessions", "close", "--user", user, "--data", founding.lab.folder, "all"])).toMatchObject({
        code: 0,
      });
    expect((await founding.invoke(ADMIN)).code).toBe(0);
  });
});
