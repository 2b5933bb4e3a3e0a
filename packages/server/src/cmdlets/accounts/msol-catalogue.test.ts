import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MSONLINE, OURS } from "./index.ts";

interface Documented {
  sets: { name: string; parameters: [name: string, mandatory: boolean, position: null][] }[];
  parameters: Record<string, { type: string; pipeline?: string[] }>;
}

const { cmdlets } = JSON.parse(readFileSync(new URL("../../../vectors/cmdlets-msonline.json", import.meta.url), "utf8")) as {
  cmdlets: Record<string, Documented>;
};

const PERSON =
  "AlternateEmailAddresses AlternateMobilePhones City Country Department Fax FirstName ImmutableId LastName MobilePhone Office PhoneNumber PostalCode PreferredDataLocation PreferredLanguage State StreetAddress Title UsageLocation UserType".split(
    " ",
  );
const LICENCES = ["LicenseAssignment", "LicenseOptions", "LicenseReconciliationNeededOnly", "UnlicensedUsersOnly"];
const READ_ONLY = ["LastPasswordChangeTimestamp", "SoftDeletionTimestamp", "StrongAuthenticationMethods", "StsRefreshTokensValidFrom"];
const NOT_KEPT = [
  "PasswordNeverExpires",
  "StrongPasswordRequired",
  "HasErrorsOnly",
  "Synchronized",
  "ReturnDeletedUsers",
  "RemoveFromRecycleBin",
];
const NAMES = ["ServicePrincipalName", "ServicePrincipalNames", "Addresses"];

/** Documented parameters that are left out here, by reason. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  "belong to the directory's user, which an account is not": PERSON,
  "licences are the directory's": LICENCES,
  "cannot be set": READ_ONLY,
  "there is one rule for all, no recycle bin and no synchronisation": NOT_KEPT,
  "an application has one id here, and no names beside it": NAMES,
};
const isLeftOut = (name: string): boolean => Object.values(LEFT_OUT).some((names) => names.includes(name));

const SHOWN: Readonly<Record<string, string>> = { switchparameter: "switch", boolean: "bool", int32: "int", uint32: "uint" };

describe.each(MSONLINE.map((cmdlet) => [cmdlet.name, cmdlet] as const))("%s", (name, cmdlet) => {
  const documented = cmdlets[name] as Documented;
  const own = cmdlet.parameters.filter((parameter) => !parameter.common);

  it("has the documented parameters, except those that are left out for a reason", () => {
    const names = new Set(documented.sets.flatMap((set) => set.parameters.map(([parameter]) => parameter)));
    expect(own.map((parameter) => parameter.name).toSorted()).toEqual([...names].filter((each) => !isLeftOut(each)).toSorted());
  });

  it("has them with their types and pipeline binding", () => {
    for (const parameter of own) {
      const { type, pipeline = [] } = documented.parameters[parameter.name] ?? { type: "" };
      expect(parameter.type.shown.toLowerCase(), parameter.name).toBe(SHOWN[type.toLowerCase()] ?? type.toLowerCase());
      const byName = [...parameter.sets.values()].some((set) => set.fromPipelineByPropertyName);
      expect(byName, parameter.name).toBe(pipeline.includes("property"));
    }
  });

  it("has them in their sets, mandatory where the documentation says so", () => {
    const sets = documented.sets.filter((set) => !set.parameters.some(([, mandatory]) => mandatory) || cmdlet.sets.includes(set.name));
    for (const set of sets) {
      for (const [parameter, mandatory] of set.parameters.filter(([each]) => !isLeftOut(each))) {
        const found = cmdlet.parameter(parameter)?.sets;
        const flags = found?.get(set.name) ?? found?.get("__AllParameterSets");
        expect(flags?.mandatory, `${set.name} ${parameter}`).toBe(mandatory);
      }
    }
  });

  it("has help, and roles that may run it", () => {
    const { synopsis, description, examples, roles } = cmdlet.declaration;
    expect(synopsis).toMatch(/\.$/);
    expect(description).toMatch(/\.$/);
    expect(examples?.length).toBeGreaterThan(1);
    expect(roles).toContain("Global Administrator");
    for (const parameter of own) expect(parameter.help, parameter.name).toMatch(/\.$/);
  });
});

it("what is Tieline's own says so, in name and description, and has help", () => {
  for (const { name, declaration, parameters } of OURS) {
    expect(name).toMatch(/-Tieline/);
    expect(declaration.description).toMatch(/^A cmdlet of Tieline's own\./);
    expect(declaration.examples?.length, name).toBeGreaterThan(1);
    for (const parameter of parameters.filter(({ common }) => !common)) expect(parameter.help, parameter.name).toMatch(/\.$/);
  }
});

it("what changes something can be asked with -WhatIf", () => {
  expect(
    [...MSONLINE, ...OURS].filter((cmdlet) => !cmdlet.name.startsWith("Get-") && cmdlet.declaration.supportsShouldProcess !== true),
  ).toEqual([]);
});
