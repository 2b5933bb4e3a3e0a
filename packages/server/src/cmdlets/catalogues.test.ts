import { readdirSync, readFileSync } from "node:fs";
import type { Cmdlet } from "@tieline/language";
import { describe, expect, it } from "vitest";
import { onlineCatalogue, poolCatalogue } from "./catalogues.ts";

interface Documented {
  sets: { name: string; parameters: [name: string, mandatory: boolean, position: number | null][] }[];
  parameters: Record<string, { type: string; aliases?: string[]; accepted?: string[]; pipeline?: string[] }>;
}

const VECTORS = new URL("../../vectors/", import.meta.url);
/** All extracts of the documentation but those of other modules. */
const cmdlets: Readonly<Record<string, Documented>> = Object.assign(
  {},
  ...readdirSync(VECTORS)
    .filter((name) => /^cmdlets-.*\.json$/.test(name) && !name.includes("msonline"))
    .map((name) => (JSON.parse(readFileSync(new URL(name, VECTORS), "utf8")) as { cmdlets: Record<string, Documented> }).cmdlets),
);
/** Some are on both kinds of site. */
const all: readonly Cmdlet[] = [...new Set([...onlineCatalogue().all(), ...poolCatalogue().all()])];
/** Those of another module have tests of their own. */
const declared = all.filter((cmdlet) => /-Cs/.test(cmdlet.name));

/** Departures from the documentation, each with its reason. */
const DEPARTURES: Readonly<Record<string, string>> = {
  "Get-CsOnlineUser ResultSize": "also takes Unlimited, as the later documentation has it",
  "New-CsClientPolicy PolicyEntry": "a list that this service does not keep: any value is taken and then refused with a reason",
  "Set-CsClientPolicy PolicyEntry": "the same",
  "Set-CsTenantFederationConfiguration AllowedDomains": "IAllowedDomainsChoice in the syntax, Boolean in the table of the same page",
  "New-CsEdgeAllowList AllowedDomain": "a list, as its examples use it; the page says String",
  "Get-CsMeetingMigrationStatus StartTime": "a date, as its syntax line has it; its own entry says Object",
  "Get-CsMeetingMigrationStatus EndTime": "the same",
  "Get-CsUser OnLyncServer": "a parameter of the 2010 and 2013 versions; an alias of OnModernServer since",
};

/** Short names of the documentation by what we show. */
const SHOWN: Readonly<Record<string, string>> = {
  SwitchParameter: "switch",
  Boolean: "bool",
  String: "string",
  Int32: "int",
  UInt32: "uint",
  UInt16: "ushort",
  UInt64: "ulong",
  Int64: "long",
  Guid: "guid",
  TimeSpan: "timespan",
  PSObject: "psobject",
  PSCredential: "pscredential",
  "Microsoft.Rtc.Management.ADConnect.Core.Unlimited`1[System.UInt32]": "Unlimited",
};

const own = (cmdlet: Cmdlet) => cmdlet.parameters.filter((parameter) => !parameter.common);
const isOurs = (name: string): boolean => name === "WhatIf" || name === "Confirm";

describe("the catalogues", () => {
  it("hold what the documentation of 2020 names", () => {
    expect(declared.map((cmdlet) => cmdlet.name).toSorted()).toEqual(Object.keys(cmdlets).toSorted());
  });

  describe.each(declared.map((cmdlet) => [cmdlet.name, cmdlet] as const))("%s", (name, cmdlet) => {
    const documented = cmdlets[name] as Documented;

    it("has the documented parameters, no more and no fewer", () => {
      const names = new Set([
        ...Object.keys(documented.parameters),
        ...documented.sets.flatMap((set) => set.parameters.map(([parameter]) => parameter)),
      ]);
      const expected = [...names]
        .filter(
          (parameter) => !isOurs(parameter) && !(`${name} ${parameter}` in DEPARTURES && cmdlet.parameter(parameter)?.name !== parameter),
        )
        .toSorted();
      expect(
        own(cmdlet)
          .map((parameter) => parameter.name)
          .toSorted(),
      ).toEqual(expected);
      expect(names.has("WhatIf")).toBe(cmdlet.declaration.supportsShouldProcess === true);
    });

    it("has them with their types, aliases and accepted names", () => {
      for (const parameter of own(cmdlet)) {
        const row = documented.parameters[parameter.name];
        if (row === undefined || `${name} ${parameter.name}` in DEPARTURES) continue;
        expect(parameter.type.shown.toLowerCase(), parameter.name).toBe((SHOWN[row.type] ?? row.type).toLowerCase());
        expect(parameter.aliases, parameter.name).toEqual(row.aliases ?? []);
        if (row.accepted !== undefined && row.type !== "Boolean") expect(parameter.type.values, parameter.name).toEqual(row.accepted);
      }
    });

    it("binds pipeline input where the documentation says so", () => {
      for (const parameter of own(cmdlet)) {
        const pipeline = documented.parameters[parameter.name]?.pipeline ?? [];
        const sets = [...parameter.sets.values()];
        expect(
          sets.some((set) => set.fromPipeline),
          parameter.name,
        ).toBe(pipeline.includes("value"));
        expect(
          sets.some((set) => set.fromPipelineByPropertyName),
          parameter.name,
        ).toBe(pipeline.includes("property"));
      }
    });

    it("has its sets by their names", () => {
      const named = documented.sets.map((set) => set.name).filter((set) => set !== "(unnamed)");
      if (named.length === 0) expect(cmdlet.sets).toEqual(["__AllParameterSets"]);
      else expect([...cmdlet.sets].toSorted()).toEqual(named.toSorted());
    });

    it("has help: a line, a description, examples that name parameters that exist", () => {
      const { synopsis, description, examples } = cmdlet.declaration;
      expect(synopsis).toMatch(/\.$/);
      expect(description?.length).toBeGreaterThan(20);
      expect(examples?.length).toBeGreaterThan(1);
      for (const { code, remarks } of examples ?? []) {
        expect(remarks).toMatch(/\.$/);
        for (const part of code.split("|").map((text) => text.trim())) {
          const [verb, ...rest] = part.split(" ");
          const named = declared.find((each) => each.name === verb);
          if (named === undefined) continue;
          for (const [, parameter] of rest
            .join(" ")
            .replace(/\{[^}]*\}|"[^"]*"/g, "")
            .matchAll(/(?:^| )-(\w+)/g)) {
            expect(named.parameter(parameter as string), `${code}: -${parameter ?? ""}`).toBeDefined();
          }
        }
      }
      for (const parameter of own(cmdlet)) expect(parameter.help, parameter.name).toMatch(/\.$/);
    });

    it("is for the roles of its site", () => {
      expect(cmdlet.declaration.roles?.length).toBeGreaterThan(0);
    });
  });

  it("show a reader what reads and an administrator everything", () => {
    const names = (roles: string[]): string[] =>
      onlineCatalogue()
        .forRoles(roles)
        .all()
        .map((cmdlet) => cmdlet.name);
    expect(names(["Global Reader"]).every((name) => name.startsWith("Get-"))).toBe(true);
    expect(names(["Global Reader"]).filter((name) => name.startsWith("Get-Cs"))).toEqual(
      names(["Global Administrator"]).filter((name) => name.startsWith("Get-Cs")),
    );
    expect(names(["Global Administrator"]).length).toBe(onlineCatalogue().size);
    expect(names(["Skype for Business Administrator"]).filter((name) => /-Cs/.test(name))).toEqual(
      names(["Global Administrator"]).filter((name) => /-Cs/.test(name)),
    );
    expect(names(["Helpdesk Administrator"])).toContain("Set-CsUser");
    expect(names([])).toEqual([]);
    const onPool = (roles: string[]): string[] =>
      poolCatalogue()
        .forRoles(roles)
        .all()
        .map((cmdlet) => cmdlet.name);
    const reading = onPool(["CsAdministrator"]).filter((name) => /^(?:Get|Test|Find|Search|Export)-/.test(name));
    expect(onPool(["CsAdministrator"]).length).toBe(poolCatalogue().size);
    expect(onPool(["CsHelpDesk"])).toEqual(reading);
    expect(onPool(["CsViewOnlyAdministrator"])).toEqual(reading.filter((name) => !name.startsWith("Test-")));
    expect(onPool(["CsUserAdministrator"])).toEqual(expect.arrayContaining(["Enable-CsUser", "Disable-CsUser", "Grant-CsMobilityPolicy"]));
    expect(onPool(["CsUserAdministrator"])).not.toContain("New-CsHostingProvider");
    expect(onPool(["CsServerAdministrator"])).toEqual(expect.arrayContaining(["New-CsHostingProvider", "Set-CsAccessEdgeConfiguration"]));
  });
});
