import { expect, test } from "vitest";
import { textOf } from "@tieline/language";
import { ENGINES } from "../../store/engines.fixture.ts";
import { column, command, CONTOSO, NOW, openLab, type Answer } from "../lab.fixture.ts";

const ANNA = "anna@contoso.com";

test.each(ENGINES.map((engine) => [engine.name, engine] as const))("accounts, roles and applications on %s", async (_, engine) => {
  const lab = await openLab(3, await engine.open());
  try {
    const run = (...words: Parameters<typeof command>): Promise<Answer> => lab.online()(command(...words));
    const good = async (...words: Parameters<typeof command>): Promise<Answer> => {
      const answer = await run(...words);
      expect(answer.said).toEqual([]);
      return answer;
    };
    await good("New-MsolUser", { UserPrincipalName: ANNA, DisplayName: "Anna Bauer" });
    expect((await run("New-MsolUser", { UserPrincipalName: ANNA.toUpperCase(), DisplayName: "Anna" })).said.length).toBe(1);
    await good("Add-MsolRoleMember", { RoleName: "Global Administrator", RoleMemberEmailAddress: ANNA });
    await good("Set-MsolUserPassword", { UserPrincipalName: ANNA });
    const take = (user: string): Promise<Answer> =>
      run("Remove-MsolRoleMember", { RoleName: "Global Administrator", RoleMemberEmailAddress: user });
    const both = await Promise.all([take(ANNA), take("admin@contoso.com")]);
    expect(both.flatMap(({ said }) => said)).toEqual([expect.stringContaining("last account")]);
    const [made] = (await good("New-MsolServicePrincipal", { DisplayName: "Nightly" })).rows;
    const AppPrincipalId = textOf(made?.get("AppPrincipalId") ?? null);
    await good("Set-MsolServicePrincipal", { AppPrincipalId, AccountEnabled: false });
    await good("Remove-MsolServicePrincipal", { AppPrincipalId });
    const entry = { accountId: null, appId: "a", resource: "r", method: "password", address: "", userAgent: "", correlationId: "" };
    await lab.identity.signIns(CONTOSO).add({ ...entry, atMs: NOW, name: "Anna@contoso.com", result: 50126 });
    const log = await good("Get-TielineSignInLog", { User: ANNA, FailuresOnly: true });
    expect(column(log, "Result")).toEqual(["AADSTS50126"]);
    const remaining = (await lab.directory.accounts.find(ANNA))?.roles.length === 0 ? ANNA : "admin@contoso.com";
    await good("Remove-MsolUser", { UserPrincipalName: remaining, Force: true });
    expect(await lab.directory.accounts.find(remaining)).toBeUndefined();
  } finally {
    await lab.store.close();
  }
});
