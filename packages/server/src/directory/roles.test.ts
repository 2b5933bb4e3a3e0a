import { describe, expect, it } from "vitest";
import { mayRun, ROLES, rolesFor } from "./roles.ts";

describe("roles (our table)", () => {
  it("let an administrator run everything, a reader only what reads", () => {
    expect(mayRun(["Skype for Business Administrator"], "Set-CsUser")).toBe(true);
    expect(mayRun(["lync service administrator"], "Remove-CsClientPolicy")).toBe(true);
    expect(mayRun(["Global Reader"], "get-csonlineuser")).toBe(true);
    expect(mayRun(["Global Reader"], "Set-CsUser")).toBe(false);
    expect(mayRun(["Helpdesk Administrator"], "Set-CsUser")).toBe(true);
    expect(mayRun(["Helpdesk Administrator"], "Grant-CsClientPolicy")).toBe(false);
    expect(mayRun(["CsUserAdministrator"], "Enable-CsUser")).toBe(true);
    expect(mayRun(["CsUserAdministrator"], "Enable-CsUserX")).toBe(false);
  });

  it("leave it to the global administrator where a domain's accounts sign in", () => {
    expect(rolesFor("Set-MsolDomainAuthentication", "online")).toEqual(["Global Administrator"]);
    expect(mayRun(["Skype for Business Administrator"], "Get-MsolDomainFederationSettings")).toBe(false);
    expect(mayRun(["Skype for Business Administrator", "Company Administrator"], "Update-MsolFederatedDomain")).toBe(true);
  });

  it("give nothing to nobody and to roles that are not in the table", () => {
    expect(mayRun([], "Get-CsTenant")).toBe(false);
    expect(mayRun(["King", ""], "Get-CsTenant")).toBe(false);
  });

  it("of one kind of site are not those of the other", () => {
    expect(rolesFor("Set-CsUser", "online")).toContain("User Administrator");
    expect(rolesFor("Set-CsUser", "online")).not.toContain("CsAdministrator");
    expect(rolesFor("Get-CsPool", "pool")).toEqual(ROLES.filter((role) => role.kind === "pool").map((role) => role.name));
  });
});
