import { PsObject, type PsDictionary, type PsList, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, expectTypeOf, it } from "vitest";
import { restrictedCommands } from "../commands/restricted-commands.ts";
import { formatDefinition } from "../format/format-definition.ts";
import { render } from "../format/render.ts";
import { Views } from "../format/view.ts";
import { Catalogue } from "./catalogue.ts";
import { cmdletsFor, defineCmdlet, type View } from "./declaration.ts";
import { helpObject, helpText } from "./help.ts";
import { commandInfo, commandMetadata, queryMetadata } from "./metadata.ts";
import { syntaxOf } from "./syntax.ts";

const getThing = defineCmdlet({
  name: "Get-Thing",
  synopsis: "Gets a thing.",
  description: "First paragraph.\n\nSecond one.",
  examples: [{ code: "Get-Thing a", remarks: "Gets it." }],
  module: "Things",
  aliases: ["gth"],
  defaultSet: "ByName",
  supportsShouldProcess: true,
  parameters: {
    Colour: { type: "string", validate: { set: ["Red", "Green"] }, default: "Red", help: "Its colour." },
    Name: {
      type: "string[]",
      sets: { ByName: { mandatory: true, position: 0, fromPipeline: true } },
      aliases: ["N", "Nm"],
      help: "Its name.",
    },
    Id: { type: "int", mandatory: true, sets: ["ById"] },
    Detailed: { type: "switch" },
    Hidden: { type: "object", hidden: true },
  },
  output: [{ typeName: "Test.Thing", view: { kind: "table", columns: [{ property: "Name", label: "Thing" }, { property: "Size" }] } }],
  roles: ["Viewer", "Admin"],
});
const setThing = defineCmdlet({ name: "Set-Thing", synopsis: "Sets a thing.", parameters: {}, roles: ["Admin"] });
const secret = defineCmdlet({ name: "Get-Secret", synopsis: "Runs, but is not listed.", parameters: {}, hidden: true });
const catalogue = new Catalogue([setThing, getThing, secret]);

describe("a declaration", () => {
  it("types the arguments of its implementation", () => {
    const typed = cmdletsFor<{ tenant: string }>()({
      name: "Get-Typed",
      synopsis: "x",
      parameters: {
        A: { type: "string", mandatory: true },
        B: { type: "int" },
        C: { type: "guid[]" },
        D: { type: "string", mandatory: true, sets: ["X"] },
        E: { type: "switch" },
      },
      process(args, context) {
        expectTypeOf(args.A).toEqualTypeOf<string>();
        expectTypeOf(args.B).toEqualTypeOf<number | undefined>();
        expectTypeOf(args.D).toEqualTypeOf<string | null | undefined>();
        expectTypeOf(args.E).toEqualTypeOf<boolean | undefined>();
        expectTypeOf(context.session.tenant).toEqualTypeOf<string>();
      },
    });
    // The types are checked by the compiler; at run time the same names are the parameters.
    expect(typed.parameters.filter(({ common }) => !common).map(({ name }) => name)).toEqual(["A", "B", "C", "D", "E"]);
  });

  it("gives the lines of syntax as Get-Command -Syntax prints them, the default set first (recorded: func-0094)", () => {
    expect(syntaxOf(getThing)).toEqual([
      "Get-Thing [-Name] <string[]> [-Colour <string>] [-Detailed] [-WhatIf] [-Confirm] [<CommonParameters>]",
      "Get-Thing -Id <int> [-Colour <string>] [-Detailed] [-WhatIf] [-Confirm] [<CommonParameters>]",
    ]);
  });
});

describe("a catalogue", () => {
  it("finds by name or alias in any letter case, with or without a module", () => {
    expect([catalogue.find("GET-thing"), catalogue.find("GTH"), catalogue.find("Things\\Get-Thing")]).toEqual([
      getThing,
      getThing,
      getThing,
    ]);
    expect(catalogue.find("Get-T*")).toBeUndefined();
  });
  it("matches wildcards, sorted", () => {
    expect(catalogue.match(["*-thing", "Get-Thing"]).map(({ name }) => name)).toEqual(["Get-Thing", "Set-Thing"]);
  });
  it.each<[string[], string[]]>([
    [["viewer"], ["Get-Secret", "Get-Thing"]],
    [["Admin"], ["Get-Secret", "Get-Thing", "Set-Thing"]],
    [[], ["Get-Secret"]],
  ])("shows %j what their roles may run", (roles, names) => {
    expect(
      catalogue
        .forRoles(roles)
        .all()
        .map(({ name }) => name),
    ).toEqual(names);
  });
});

describe("GET_COMMAND_METADATA (recorded: import-functions)", () => {
  it("tells name, type, aliases and switch of each parameter, the common ones in PowerShell's order", () => {
    const { parameters, ...rest } = commandMetadata(getThing);
    expect(rest).toEqual({
      name: "Get-Thing",
      namespace: "Things",
      helpUri: "",
      commandType: 8,
      resolvedCommandName: null,
      outputTypes: ["Test.Thing"],
    });
    expect(parameters?.map(({ name }) => name)).toEqual(
      "Colour,Name,Id,Detailed,Hidden,Verbose,Debug,ErrorAction,WarningAction,InformationAction,ProgressAction,ErrorVariable,WarningVariable,InformationVariable,OutVariable,OutBuffer,PipelineVariable,WhatIf,Confirm".split(
        ",",
      ),
    );
    expect(parameters?.[1]).toEqual({
      name: "Name",
      parameterType: "System.String[]",
      aliases: ["N", "Nm"],
      isDynamic: false,
      switchParameter: false,
    });
    expect(parameters?.find(({ name }) => name === "Verbose")).toEqual({
      name: "Verbose",
      parameterType: "System.Management.Automation.SwitchParameter",
      aliases: ["vb"],
      isDynamic: false,
      switchParameter: true,
    });
  });

  it("answers by pattern, kind and module, and leaves out what is hidden or unknown", () => {
    const ask = (names: string[] | null, commandTypes = 271, namespaces: string[] | null = []): string[] =>
      queryMetadata(catalogue, { names, commandTypes, namespaces }).map(({ name }) => name);
    expect(ask(null)).toEqual(["Get-Thing", "Set-Thing", "gth"]);
    expect(ask(["*"], 8)).toEqual(["Get-Thing", "Set-Thing"]);
    expect(ask(["Get-Thing", "No-Such"])).toEqual(["Get-Thing"]);
    expect(ask(["*"], 2)).toEqual([]);
    expect(ask(["*"], 8, ["things"])).toEqual(["Get-Thing"]);
    expect(queryMetadata(catalogue, { names: ["gth"], commandTypes: 1, namespaces: null })).toMatchObject([
      { name: "gth", commandType: 1, resolvedCommandName: "Get-Thing" },
    ]);
  });

  it("gives Get-Command an object with what older clients select from it", () => {
    const info = commandInfo(getThing);
    for (const name of ["Name", "Namespace", "HelpUri", "CommandType", "OutputType", "Parameters"]) expect(info.has(name)).toBe(true);
    expect((info.get("Parameters") as PsDictionary).size).toBe(19);
  });
});

describe("help", () => {
  it("is an object that PowerShell's own views show", () => {
    const help = helpObject(getThing, "full");
    expect(help.typeNames.slice(0, 2)).toEqual(["MamlCommandHelpInfo#FullView", "MamlCommandHelpInfo"]);
    const parameters = ((help.get("parameters") as PsObject).get("parameter") as PsObject[]).map((parameter) => [
      parameter.get("name"),
      parameter.get("required"),
      parameter.get("position"),
      parameter.get("pipelineInput"),
    ]);
    expect(parameters).toContainEqual(["Name", "true", "0", "true (ByValue)"]);
    expect(parameters.map(([name]) => name)).not.toContain("Hidden");
  });
  it("is text for a terminal", () => {
    const text = helpText(getThing, "detailed");
    expect(text).toContain("NAME\n    Get-Thing\n");
    expect(text).toContain("    -Colour <string>\n        Its colour.\n        One of: Red, Green");
    expect(text).toContain("1. Get-Thing a");
  });
  it("is written for every command of this package, with an example", () => {
    for (const { declaration } of restrictedCommands()) {
      expect(declaration.synopsis.length).toBeGreaterThan(10);
      expect(declaration.examples?.length ?? 0).toBeGreaterThan(0);
      for (const parameter of Object.values(declaration.parameters))
        expect(parameter.hidden === true || (parameter.help ?? "").length > 5).toBe(true);
    }
  });
});

describe("default views", () => {
  const views = new Views(catalogue.all());
  it("come from the declarations, for live and deserialised objects", () => {
    expect(views.viewFor(["Deserialized.Test.Thing", "System.Object"])?.columns[0]).toEqual({ property: "Name", label: "Thing" });
    expect(views.viewFor(["Other"])).toBeUndefined();
  });
  it.each<[string, PsValue[], string[]]>([
    [
      "a table by its view",
      [PsObject.of({ Name: "a", Size: 10, More: 1 }, ["Test.Thing"]), PsObject.of({ Name: "bcd", Size: 5, More: 1 }, ["Test.Thing"])],
      ["", "Thing Size", "----- ----", "a       10", "bcd      5", ""],
    ],
    ["a table of up to four properties", [PsObject.of({ A: 1, B: "x" })], ["", "A B", "- -", "1 x", ""]],
    [
      "a list of more",
      [PsObject.of({ A: 1, BB: null, C: ["x", "y"], D: true, E: "e" })],
      ["", "A  : 1", "BB :", "C  : {x, y}", "D  : True", "E  : e", ""],
    ],
    ["texts as they are", ["one\ntwo", 5], ["one", "two", "5"]],
  ])("show %s", (_, values, lines) => {
    expect(render(values, { views })).toEqual(lines);
  });
  it("are told to clients as PowerShell tells them, property by property (recorded: restricted-commands)", () => {
    const names = (object: PsValue | undefined): string[] => (object as PsObject).names();
    const at = (object: PsValue | undefined, name: string): PsObject => (object as PsObject).get(name) as PsObject;
    const item = (list: PsObject): PsObject => (list.base as PsList).items[0] as PsObject;
    const definition = formatDefinition("Test.Thing", views.viewFor(["Test.Thing"]) as View);
    expect(names(definition)).toEqual(["TypeName", "TypeNames", "FormatViewDefinition"]);
    const view = item(at(definition, "FormatViewDefinition"));
    expect(names(view)).toEqual(["Name", "Control", "InstanceId"]);
    const control = at(view, "Control");
    expect([control.typeNames[1], names(control)]).toEqual([
      "System.Management.Automation.PSControl",
      ["Headers", "Rows", "AutoSize", "HideTableHeaders", "GroupBy", "OutOfBand"],
    ]);
    expect(Object.fromEntries(item(at(control, "Headers")).properties())).toEqual({ Label: "Thing", Alignment: "Undefined", Width: 0 });
    const cell = item(at(item(at(control, "Rows")), "Columns"));
    expect([cell.text, names(cell), at(cell, "DisplayEntry").text]).toEqual([
      "Name",
      ["Alignment", "DisplayEntry", "FormatString"],
      "property: Name",
    ]);
    const list = at(item(at(formatDefinition("L", { kind: "list", columns: [{ property: "A" }] }), "FormatViewDefinition")), "Control");
    expect(names(list)).toEqual(["Entries", "GroupBy", "OutOfBand"]);
    expect(names(item(at(item(at(list, "Entries")), "Items")))).toEqual([
      "Label",
      "DisplayEntry",
      "ItemSelectionCondition",
      "FormatString",
    ]);
  });
  it("cut what is too wide with an ellipsis", () => {
    expect(render([PsObject.of({ A: "x".repeat(50), B: 1 })], { views, width: 20 })[3]).toBe(`${"x".repeat(19)}\u2026`);
  });
});
