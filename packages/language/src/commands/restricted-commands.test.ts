import { Double, PsDictionary, PsObject, ScriptBlock, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { Catalogue } from "../cmdlet/catalogue.ts";
import { defineCmdlet } from "../cmdlet/declaration.ts";
import type { Outcome } from "../engine/pipeline.ts";
import { Runspace } from "../engine/runspace.ts";
import { Collected } from "../engine/sink.ts";
import { command, type StructuredCommand } from "../engine/structured-command.ts";
import { textOf } from "../types/text.ts";
import { restrictedCommands } from "./restricted-commands.ts";

const getOk = defineCmdlet({
  name: "Get-Ok",
  synopsis: "Says ok.",
  module: "Test",
  kind: "Function",
  aliases: ["gok"],
  examples: [{ code: "Get-Ok 3", remarks: "Says it with a number." }],
  parameters: { A: { type: "int", position: 0, help: "The number.", aliases: ["Number"] }, Loud: { type: "switch" } },
  output: [{ typeName: "Test.Ok", view: { kind: "table", columns: [{ property: "Name", width: 10 }] } }],
  process: (args) => [`ok ${args.A ?? 1} hidden`],
});

async function run(
  commands: readonly StructuredCommand[],
  input?: PsValue[],
  strict = false,
): Promise<Collected & { outcome: Outcome; lines: string[] }> {
  const sink = new Collected();
  const lines: string[] = [];
  const host = {
    writeLine: (text: string) => void lines.push(text),
    writeErrorLine: (text: string) => void lines.push(`error ${text}`),
    popRunspace: () => void lines.push("<pop>"),
    clear: () => void lines.push("<clear>"),
    promptForChoice: () => 0,
  };
  const runspace = new Runspace({
    catalogue: new Catalogue([getOk, ...restrictedCommands({ strictSelectObject: strict, more: !strict })]),
    session: null,
  });
  const outcome = await runspace.run([commands], { sink, input, host });
  return Object.assign(sink, { outcome, lines });
}

const texts = (values: readonly PsValue[]): string[] => values.map((value) => textOf(value));

describe("the commands of a restricted endpoint (recorded: restricted-commands)", () => {
  it("lists what may be run, sorted, as functions", async () => {
    const { objects } = await run([command("Get-Command")], undefined, true);
    expect(texts(objects)).toEqual([
      "Clear-Host",
      "Exit-PSSession",
      "Get-Command",
      "Get-FormatData",
      "Get-Help",
      "Get-Ok",
      "Measure-Object",
      "Out-Default",
      "Select-Object",
    ]);
    expect((objects[0] as PsObject).typeNames[0]).toBe("System.Management.Automation.FunctionInfo");
    expect((objects[5] as PsObject).get("ParameterSets")).toEqual(["[[-A] <int>] [-Loud] [<CommonParameters>]"]);
  });

  it("says of an unknown command what PowerShell says, and goes on", async () => {
    const { errors, objects, outcome } = await run([command("Get-Command", { Name: ["Get-Process", "Get-Ok"] })]);
    expect(outcome.state).toBe("completed");
    expect(texts(objects)).toEqual(["Get-Ok"]);
    expect(errors[0]).toMatchObject({
      fullyQualifiedId: "CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand",
      categoryText: "ObjectNotFound: (Get-Process:String) [Get-Command], CommandNotFoundException",
      message:
        "The term 'Get-Process' is not recognized as a name of a cmdlet, function, script file, or executable program.\nCheck the spelling of the name, or if a path was included, verify that the path is correct and try again.",
    });
  });

  it("counts with Measure-Object in the shape that Import-PSSession expects", async () => {
    const { objects } = await run([command("Get-FormatData", { TypeName: "*" }), command("Measure-Object")]);
    const measured = objects[0] as PsObject;
    expect(measured.typeNames[0]).toBe("Microsoft.PowerShell.Commands.GenericMeasureInfo");
    expect(Object.fromEntries(measured.properties())).toEqual({
      Count: 3 - 1,
      Average: null,
      Sum: null,
      Maximum: null,
      Minimum: null,
      StandardDeviation: null,
      Property: null,
    });
  });

  it("refuses another property where Select-Object is strict, word for word", async () => {
    const { outcome } = await run([command("Get-Ok"), command("Select-Object", { Property: "Length" })], undefined, true);
    expect(outcome.error).toMatchObject({
      fullyQualifiedId: "ParameterArgumentValidationError,Select-Object",
      categoryText: "InvalidData: (:) [Select-Object], ParameterBindingValidationException",
      message:
        'Cannot validate argument on parameter \'Property\'. The argument "Length" does not belong to the set "ModuleName,Namespace,OutputType,Count,HelpUri,Name,CommandType,ResolvedCommandName,DefaultParameterSet,CmdletBinding,Parameters" specified by the ValidateSet attribute. Supply an argument that is in the set and then try the command again.',
    });
    const first = await run([command("Get-Ok"), command("Select-Object", { First: 1 })], undefined, true);
    expect(first.outcome.error?.fullyQualifiedId).toBe("NamedParameterNotFound,Select-Object");
  });

  it("selects the properties of commands, strictly or not", async () => {
    for (const strict of [true, false]) {
      const { objects } = await run(
        [command("Get-Command", { Name: "Get-Ok" }), command("Select-Object", { Property: ["Name", "Namespace", "CommandType"] })],
        undefined,
        strict,
      );
      expect((objects[0] as PsObject).typeNames[0]).toBe("Selected.System.Management.Automation.FunctionInfo");
      expect(Object.fromEntries((objects[0] as PsObject).properties())).toEqual({
        Name: "Get-Ok",
        Namespace: "Test",
        CommandType: "Function",
      });
    }
  });

  it("shows on the host's screen, leaves and clears through host calls", async () => {
    expect((await run([command("Get-Ok"), command("Out-Default")])).lines).toEqual(["ok 1 hidden"]);
    expect((await run([command("Exit-PSSession")])).lines).toEqual(["<pop>"]);
    expect((await run([command("Clear-Host")])).lines).toEqual(["<clear>"]);
  });

  it("shows errors among the output on the screen of an interactive session (recorded: enter-pssession)", async () => {
    const interactive = (...commands: StructuredCommand[]): Promise<{ lines: string[]; errors: unknown[] }> =>
      run([...commands, { ...command("Out-Default"), merge: { previousResults: 3 } }]);
    const direct = await interactive({
      ...command("Get-Command", { Name: ["Nope", "Get-Ok"] }),
      merge: { myResult: 2, toResult: 1, error: 1 },
    });
    expect(direct.lines[0]).toBe(
      "error Get-Command: The term 'Nope' is not recognized as a name of a cmdlet, function, script file, or executable program.",
    );
    const behind = await interactive(
      command("Get-Command", { Name: ["Nope", "Get-Ok"] }),
      command("Select-Object", { ExpandProperty: "Name" }),
    );
    expect([behind.lines.length, behind.lines.at(-1), behind.errors]).toEqual([3, "Get-Ok", []]);
    const sentBack = new PsObject({ typeNames: ["Deserialized.System.Management.Automation.ErrorRecord"], text: "bad" });
    expect((await run([command("Out-Default")], [sentBack])).lines).toEqual(["Error: bad"]);
  });

  it("runs what a filter of -CommandType leaves", async () => {
    expect(texts((await run([command("Get-Command", { CommandType: "Cmdlet" })])).objects)).toEqual([]);
    expect(texts((await run([command("Get-Command", { CommandType: 271, Name: "gok" })])).objects)).toEqual(["Get-Ok"]);
  });
});

describe("Get-Help", () => {
  it("gives the object that PowerShell's own views show", async () => {
    const { objects } = await run([command("Get-Help", {}, ["get-ok"])]);
    const help = objects[0] as PsObject;
    expect(help.typeNames[0]).toBe("MamlCommandHelpInfo");
    expect([help.get("Name"), help.get("Synopsis"), help.get("Category")]).toEqual(["Get-Ok", "Says ok.", "Function"]);
  });
  it("lists several, shows one for a wildcard that fits one, and says what it does not find", async () => {
    expect((await run([command("Get-Help", { Name: "Get-*" })])).objects.length).toBe(4);
    expect(((await run([command("Get-Help", { Name: "*-Ok" })])).objects[0] as PsObject).typeNames[0]).toBe("MamlCommandHelpInfo");
    expect((await run([command("Get-Help", { Name: "Nope" })])).errors[0]?.fullyQualifiedId).toBe(
      "HelpNotFound,Microsoft.PowerShell.Commands.GetHelpCommand",
    );
  });
  it("shows single parameters", async () => {
    const { objects } = await run([command("Get-Help", { Name: "Get-Ok", Parameter: "A" })]);
    expect((objects[0] as PsObject).get("position")).toBe("0");
  });
});

describe("Select-Object (recorded: obj-0002 to obj-0047)", () => {
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  it.each<[Record<string, PsValue>, number[]]>([
    [{ Last: 3 }, [8, 9, 10]],
    [{ Skip: 8 }, [9, 10]],
    [{ SkipLast: 8 }, [1, 2]],
    [{ Skip: 2, First: 3 }, [3, 4, 5]],
    [{ Skip: 2, Last: 3 }, [6, 7, 8]],
    [{ First: 2, Last: 2 }, [1, 2, 9, 10]],
    [{ First: 20, Last: 2 }, ten],
    [{ SkipIndex: [0, 2, 4] }, [2, 4, 6, 7, 8, 9, 10]],
    [{ Index: [5, 0] }, [1, 6]],
    [{ First: 10, Skip: 50 }, []],
    [{ First: 0 }, []],
  ])("takes %j of ten", async (parameters, expected) => {
    expect((await run([command("Select-Object", parameters)], ten)).objects).toEqual(expected);
  });

  const select = async (given: Readonly<Record<string, PsValue>>, parameters: Record<string, PsValue>): Promise<[PsValue[], string[]]> => {
    const { objects, errors, outcome } = await run([command("Select-Object", parameters)], [PsObject.of(given)]);
    return [
      objects.map((object) =>
        object instanceof PsObject && object.base === undefined ? (Object.fromEntries(object.properties()) as never) : object,
      ),
      [...errors, ...(outcome.error === undefined ? [] : [outcome.error])].map(
        (error) => `${error.fullyQualifiedId}: ${error.message} (${error.category})`,
      ),
    ];
  };
  const suffix = ",Microsoft.PowerShell.Commands.SelectObjectCommand";

  it.each<[string, Record<string, PsValue>, Record<string, PsValue>, unknown[], string[]]>([
    ["a missing one as null", { A: 1 }, { Property: ["a", "B"] }, [{ A: 1, B: null }], []],
    ["by wildcard without those left out", { A: 1, B: 2, AB: 3 }, { Property: "A*", ExcludeProperty: "AB" }, [{ A: 1 }], []],
    ["all but one", { A: 1, B: 2, C: 3 }, { ExcludeProperty: "B" }, [{ A: 1, C: 3 }], []],
    [
      "one twice",
      { A: 5 },
      { Property: ["A", "A"] },
      [{ A: 5 }],
      [
        `AlreadyExistingUserSpecifiedPropertyNoExpand${suffix}: The property cannot be processed because the property "A" already exists. (InvalidOperation)`,
      ],
    ],
    [
      "what cannot be a property",
      { A: 5 },
      { Property: 5 },
      [],
      [
        `DictionaryKeyUnknownType${suffix}: Cannot convert System.Int32 to one of the following types {System.String, System.Management.Automation.ScriptBlock}. (InvalidArgument)`,
      ],
    ],
    [
      "a key that is not known",
      { A: 5 },
      { Property: PsDictionary.of({ n: "E", e: "A", Width: 5 }) },
      [],
      [`DictionaryKeyIllegal${suffix}: The Width key is not valid. (InvalidArgument)`],
    ],
    [
      "a calculated one that needs no script",
      { A: 5 },
      { Property: [PsDictionary.of({ l: "L", Expression: " $_.A " }), PsDictionary.of({ Name: "M", e: "a" })] },
      [{ L: 5, M: 5 }],
      [],
    ],
    ["an expanded list", { A: ["x", "y"] }, { ExpandProperty: "a" }, ["x", "y"], []],
    [
      "an expanded one that is missing",
      { A: 1 },
      { ExpandProperty: "Missing" },
      [],
      [`ExpandPropertyNotFound${suffix}: Property "Missing" cannot be found. (InvalidArgument)`],
    ],
  ])("selects %s", async (_, given, parameters, objects, errors) => {
    expect(await select(given, parameters)).toEqual([objects, errors]);
  });

  it("adds selected properties to what it expands, and leaves the original alone", async () => {
    const inner = PsObject.of({ Q: 5 });
    const { objects } = await run(
      [command("Select-Object", { Property: "N", ExpandProperty: "In" })],
      [PsObject.of({ N: "x", In: inner })],
    );
    expect(Object.fromEntries((objects[0] as PsObject).properties())).toEqual({ Q: 5, N: "x" });
    expect(inner.names()).toEqual(["Q"]);
  });

  it("refuses a calculated property that would need a script", async () => {
    const { outcome } = await run(
      [command("Select-Object", { Property: PsDictionary.of({ n: "E", e: new ScriptBlock(" $_.A + 1 ") }) })],
      [PsObject.of({ A: 1 })],
    );
    expect(outcome.error?.fault?.code).toBe("script-needed");
  });

  it("drops nulls, knows a text's length, and finds equal numbers of different types", async () => {
    expect((await run([command("Select-Object", { First: 2 })], [null, 1, null])).objects).toEqual([1]);
    expect(
      Object.fromEntries(((await run([command("Select-Object", { Property: "*" })], ["abc"])).objects[0] as PsObject).properties()),
    ).toEqual({ Length: 3 });
    expect((await run([command("Select-Object", { Unique: true })], [1, 2, 1, "1", new Double(1), 2])).objects).toEqual([1, 2]);
    expect((await run([command("Select-Object", { Unique: true, CaseInsensitive: true })], ["a", "A", "b", "a"])).objects).toEqual([
      "a",
      "b",
    ]);
  });

  it("passes a list that is given by name as one object (recorded: obj-0044)", async () => {
    expect((await run([command("Select-Object", { InputObject: [1, 2, 3], First: 1 })])).objects).toEqual([[1, 2, 3]]);
  });
});

describe("Measure-Object (recorded: obj-0179 to obj-0197)", () => {
  const numbers = async (parameters: Record<string, PsValue>, input: PsValue[]): Promise<unknown[]> =>
    (await run([command("Measure-Object", parameters)], input)).objects.map((object) => JSON.parse(JSON.stringify(object)));

  it("measures several properties, each on its own", async () => {
    const result = await numbers({ Property: ["A", "B"], Sum: true, Maximum: true }, [
      PsObject.of({ A: 5, B: 1 }),
      PsObject.of({ A: 7, B: 2 }),
    ]);
    expect(result).toMatchObject([
      { Count: 2, Sum: 12, Maximum: 7, Average: null, Property: "A" },
      { Count: 2, Sum: 3, Maximum: 2, Property: "B" },
    ]);
  });
  it("says nothing of an absent property, counts no nulls, and gives a sum of nothing as zero", async () => {
    expect(await numbers({ Property: "Nope", Sum: true }, [PsObject.of({ A: 5 })])).toEqual([]);
    expect(await numbers({ Average: true }, [1, null, 3])).toMatchObject([{ Count: 2, Average: 2 }]);
    expect(await numbers({ Sum: true, Maximum: true }, [])).toMatchObject([{ Count: 0, Sum: 0, Maximum: null }]);
  });
  it("takes wildcards and dictionaries", async () => {
    expect(await numbers({ Property: "A*", Sum: true }, [PsObject.of({ Ab: 1, Ac: 2 })])).toMatchObject([
      { Property: "Ab", Sum: 1 },
      { Property: "Ac", Sum: 2 },
    ]);
    expect(await numbers({ Property: "a", Sum: true }, [PsDictionary.of({ a: 1, b: 2 })])).toMatchObject([{ Property: "a", Sum: 1 }]);
  });
  it("counts a list that is given by name once", async () => {
    const { objects } = await run([command("Measure-Object", { InputObject: [1, 2, 3] })]);
    expect((objects[0] as PsObject).get("Count")).toBe(1);
  });
});

describe("Where-Object and Sort-Object", () => {
  const rows = [PsObject.of({ N: "ann", A: 5, F: true }), PsObject.of({ N: "Bob", A: 7, F: false }), PsObject.of({ N: "carl", A: 6 })];
  const names = async (...commands: StructuredCommand[]): Promise<unknown[]> =>
    (await run(commands, rows)).objects.map((row) => (row as PsObject).get("N"));

  it.each<[PsValue[], Record<string, PsValue>, string[]]>([
    [["A", 5], { GT: true }, ["Bob", "carl"]],
    [["N", "bob"], { EQ: true }, ["Bob"]],
    [["N", "bob"], { CEQ: true }, []],
    [["N", "?a*"], { Like: true }, ["carl"]],
    [["A", [5, 6]], { In: true }, ["ann", "carl"]],
    [["F"], {}, ["ann"]],
    [["F"], { Not: true }, ["Bob", "carl"]],
    [[" $_.A -ge 6 -and $_.N -ne 'carl' "], {}, ["Bob"]],
    [[], { FilterScript: "A -eq 5" }, ["ann"]],
  ])("lets through by %j %j", async (positional, parameters, expected) => {
    expect(await names(command("Where-Object", parameters, positional))).toEqual(expected);
  });

  it("sorts in the culture's order, stable, and takes the top", async () => {
    expect(await names(command("Sort-Object", {}, ["A"]))).toEqual(["ann", "carl", "Bob"]);
    expect(await names(command("Sort-Object", { Descending: true }, ["N"]))).toEqual(["carl", "Bob", "ann"]);
    expect(await names(command("Sort-Object", { Top: 1 }, ["N"]))).toEqual(["ann"]);
    expect((await run([command("Sort-Object", { Unique: true })], ["b", "A", "a", "_", "1"])).objects).toEqual(["_", "1", "A", "b"]);
  });
});
