import { readFileSync } from "node:fs";
import { PsList, PsObject, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { Catalogue } from "../cmdlet/catalogue.ts";
import { defineCmdlet, type CmdletDeclaration } from "../cmdlet/declaration.ts";
import type { ParameterDeclarations } from "../cmdlet/parameter.ts";
import { Runspace } from "../engine/runspace.ts";
import { Collected } from "../engine/sink.ts";
import { command } from "../engine/structured-command.ts";
import type { ErrorRecord } from "../errors/error-record.ts";
import { enumType } from "../types/enumeration.ts";
import type { GivenArgument } from "./arguments.ts";

interface Row {
  id: string;
  script: string;
  errors: { message: string; fqid: string; category: string; exception: string }[];
}
const rows = new Map(
  (JSON.parse(readFileSync(new URL("../../vectors/binding-errors.json", import.meta.url), "utf8")) as Row[]).map((row) => [row.id, row]),
);

const DAY = enumType("System.DayOfWeek", ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]);

type Shape = Partial<CmdletDeclaration> & { parameters: ParameterDeclarations };

/** A command that gives back what it was called with. */
function echo(name: string, shape: Shape): ReturnType<typeof defineCmdlet> {
  return defineCmdlet({
    synopsis: "Gives back its arguments.",
    ...shape,
    name,
    process: (args, context) => [PsObject.of({ ...(args as Record<string, PsValue>), Set: context.parameterSet })],
  });
}

interface Called {
  objects: Record<string, PsValue>[];
  errors: ErrorRecord[];
}

async function call(
  shape: Shape,
  args: readonly GivenArgument[] | Record<string, PsValue> | readonly PsValue[] = [],
  input?: PsValue[],
  name = "f",
): Promise<Called> {
  const sink = new Collected();
  const given = Array.isArray(args)
    ? (args as readonly unknown[]).map((arg) =>
        isGiven(arg) ? { name: arg.name ?? null, value: arg.value ?? null } : { name: null, value: arg as PsValue },
      )
    : Object.entries(args as Record<string, PsValue>).map(([key, value]) => ({ name: key, value }));
  const outcome = await new Runspace({ catalogue: new Catalogue([echo(name, shape)]), session: null }).run(
    [[{ ...command(name), arguments: given }]],
    { sink, input },
  );
  return {
    objects: sink.objects.map((object) => Object.fromEntries((object as PsObject).properties())),
    errors: [...sink.errors, ...(outcome.error === undefined ? [] : [outcome.error])],
  };
}

function isGiven(arg: unknown): arg is GivenArgument {
  return typeof arg === "object" && arg !== null && arg.constructor === Object;
}

const FUNCTION = { kind: "Function" } as const;
const cmdlet = (type: string): Partial<CmdletDeclaration> => ({ implementingType: `Microsoft.PowerShell.Commands.${type}` });
const A = { sets: ["A"], mandatory: true, type: "object" } as const;
const B = { sets: ["B"], mandatory: true, type: "object" } as const;

describe("what PowerShell 7.6.5 answered, word for word (vectors/binding-errors.json)", () => {
  it.each<
    [id: string, shape: Shape, args: Record<string, PsValue> | PsValue[] | GivenArgument[], more?: { input?: PsValue[]; name?: string }]
  >([
    ["func-0007", { ...FUNCTION, parameters: { A: { type: "object", mandatory: true }, B: { type: "object", mandatory: true } } }, []],
    ["func-0008", { ...FUNCTION, parameters: { Name: { type: "string", mandatory: true, position: 0 } } }, [""]],
    ["func-0010", { ...FUNCTION, parameters: { Names: { type: "string[]", mandatory: true, position: 0 } } }, [[]]],
    ["func-0011", { ...FUNCTION, parameters: { Names: { type: "string[]", mandatory: true, position: 0 } } }, [["a", "", null]]],
    [
      "func-0014",
      { ...FUNCTION, parameters: { Names: { type: "string[]", mandatory: true, position: 0, allowEmptyCollection: true } } },
      [null],
    ],
    ["func-0015", { ...FUNCTION, parameters: { c: { type: "string", position: 0, validate: { set: ["Red", "Green"] } } } }, ["Blue"]],
    ["func-0018", { ...FUNCTION, parameters: { n: { type: "int", position: 0, validate: { range: [1, 10] } } } }, [11]],
    ["func-0023", { ...FUNCTION, parameters: { s: { type: "string", position: 0, validate: { length: [2, 4] } } } }, ["a"]],
    ["func-0026", { ...FUNCTION, parameters: { s: { type: "string[]", position: 0, validate: { count: [2, 3] } } } }, ["a"]],
    ["func-0027", { ...FUNCTION, parameters: { s: { type: "string", position: 0, validate: { pattern: /^\d{3}$/ } } } }, ["12"]],
    ["func-0032", { ...FUNCTION, parameters: { x: { type: "object", position: 0, validate: { notNull: true } } } }, [null]],
    ["func-0038", { ...FUNCTION, parameters: { n: { type: "int", position: 0 } } }, ["abc"]],
    ["func-0039", { ...FUNCTION, parameters: { n: { type: "int", position: 0 } } }, [[1, 2]]],
    ["func-0041", { ...FUNCTION, parameters: { d: { type: "datetime", position: 0 } } }, ["not a date"]],
    ["func-0042", { ...FUNCTION, parameters: { d: { type: DAY, position: 0 } } }, ["Nopeday"]],
    ["func-0056", { ...FUNCTION, parameters: { x: { type: "int", fromPipeline: true } } }, [], { input: ["a"] }],
    ["func-0067", { ...FUNCTION, parameters: { A, B } }, { A: 1, B: 2 }],
    [
      "func-0071",
      { ...FUNCTION, parameters: { Name: { type: "object" }, NameTwo: { type: "object" }, Other: { type: "object" } } },
      { N: 4 },
    ],
    ["func-0072", { ...FUNCTION, parameters: { Path: { type: "object" }, PathType: { type: "object" } } }, { Pa: "x" }],
    ["func-0110", { ...FUNCTION, parameters: { A: { type: "int", mandatory: true } } }, { A: "one" }, { name: "Add-Num" }],
    ["func-0111", { ...cmdlet("GetDateCommand"), parameters: {} }, { Foo: 1 }],
    ["func-0112", { ...cmdlet("GetDateCommand"), parameters: { Year: { type: "int" } } }, { Year: "abc" }],
    ["func-0114", { ...cmdlet("GetChildItemCommand"), parameters: { Filter: { type: "string" }, Force: { type: "switch" } } }, { F: "x" }],
    ["date-0021", { ...cmdlet("GetDateCommand"), parameters: { Date: { type: "datetime", position: 0 } } }, ["not a date"]],
    ["obj-0267", { ...cmdlet("GetDateCommand"), parameters: { Date: { type: "datetime", position: 0 } } }, ["garbage"]],
    [
      "obj-0046",
      { ...cmdlet("SelectObjectCommand"), parameters: { Property: { type: "object[]" } } },
      [{ name: "-Property", value: null }],
    ],
    [
      "dat-0081",
      { ...cmdlet("ConvertToJsonCommand"), parameters: { Depth: { type: "int", validate: { range: [0, 100] } } } },
      { Depth: 101 },
    ],
    [
      "fmt-0284",
      { ...cmdlet("FormatWideCommand"), parameters: { Column: { type: "int", validate: { range: [1, 2147483647] } } } },
      { Column: 0 },
    ],
    [
      "obj-0144",
      { ...cmdlet("SortObjectCommand"), parameters: { Top: { type: "int", validate: { range: [1, 2147483647] } } } },
      { Top: 0 },
    ],
    ["obj-0268", { ...cmdlet("GetDateCommand"), parameters: { Month: { type: "int", validate: { range: [1, 12] } } } }, { Month: 13 }],
    [
      "adm-0126",
      { ...FUNCTION, parameters: { As: { type: "string", validate: { set: ["Table", "Csv"] } } } },
      { As: "Html" },
      { name: "Get-Report" },
    ],
    ["hash-0027", { ...FUNCTION, parameters: { a: { type: "object" } } }, { a: 1, zz: 2 }],
    [
      "dat-0020",
      { ...cmdlet("ConvertToCsvCommand"), parameters: { InputObject: { type: "psobject", mandatory: true, fromPipeline: true } } },
      [],
      { input: [null] },
    ],
    [
      "obj-0073",
      { ...cmdlet("WhereObjectCommand"), parameters: { InputObject: { type: "object", fromPipeline: true } } },
      { InputObject: 9 },
      { input: [1, 2, 3, 4, 5] },
    ],
    [
      "dat-0333",
      {
        ...cmdlet("NewPSDriveCommand"),
        parameters: {
          Name: { type: "string", mandatory: true },
          PSProvider: { type: "string", mandatory: true },
          Root: { type: "string", mandatory: true },
        },
      },
      { Name: "X" },
    ],
    [
      "err-0025",
      { ...cmdlet("WriteErrorCommand"), parameters: { Message: { type: "string", position: 0 } } },
      { Message: "x", ErrorAction: "Suspend" },
    ],
  ])("%s", async (id, shape, args, { input, name } = {}) => {
    const row = rows.get(id);
    const { errors } = await call(shape, args, input, name);
    const expected = row?.errors.filter((_, i, all) => id === "obj-0073" || i === all.length - 1);
    expect(
      errors.map(({ message, fullyQualifiedId, category, exception }) => ({
        message,
        fqid: fullyQualifiedId,
        category,
        exception: exception.typeNames[0],
      })),
    ).toEqual(expected);
  });
});

describe("names", () => {
  const shape: Shape = {
    parameters: { ComputerName: { type: "string", aliases: ["cn", "Host"] }, Force: { type: "switch" }, Verb: { type: "string" } },
  };

  it.each<[string, GivenArgument[], Record<string, PsValue>]>([
    ["bare, as an API gives them", [{ name: "ComputerName", value: "a" }], { ComputerName: "a" }],
    ["in another letter case", [{ name: "COMPUTERname", value: "a" }], { ComputerName: "a" }],
    ["by an alias", [{ name: "cn", value: "a" }], { ComputerName: "a" }],
    ["shortened, also an alias", [{ name: "Ho", value: "a" }], { ComputerName: "a" }],
    [
      "with dash and colon, as a proxy sends them",
      [
        { name: "-ComputerName:", value: "a" },
        { name: "-Force:", value: PsObject.of({ IsPresent: true }, ["Deserialized.System.Management.Automation.SwitchParameter"]) },
      ],
      { ComputerName: "a", Force: true },
    ],
    ["with dash and colon and blanks", [{ name: "-ComputerName: ", value: "a" }], { ComputerName: "a" }],
    [
      "with the value in the next entry",
      [
        { name: "-ComputerName", value: null },
        { name: null, value: "a" },
      ],
      { ComputerName: "a" },
    ],
    ["with an en dash", [{ name: "\u2013cn:", value: "a" }], { ComputerName: "a" }],
    ["a switch without a value", [{ name: "-Force", value: null }], { Force: true }],
    ["a switch with null, as AddParameter gives it", [{ name: "Force", value: null }], { Force: true }],
    ["a switch that is off", [{ name: "-Force:", value: false }], { Force: false }],
    ["exactly, before a common parameter that begins so", [{ name: "Verb", value: "x" }], { Verb: "x" }],
    ["$null for a text, which is not the same as nothing", [{ name: "-ComputerName:", value: null }], { ComputerName: null }],
  ])("binds %s", async (_, args, expected) => {
    expect((await call(shape, args)).objects).toEqual([{ ...expected, Set: "__AllParameterSets" }]);
  });

  it("refuses one that is there twice, in PowerShell's words", async () => {
    const { errors } = await call(shape, [
      { name: "cn", value: "a" },
      { name: "ComputerName", value: "b" },
    ]);
    expect(errors[0]).toMatchObject({
      fullyQualifiedId: "ParameterAlreadyBound,f",
      message:
        "Cannot bind parameter because parameter 'ComputerName' is specified more than once. To provide multiple values to parameters that can accept multiple values, use the array syntax. For example, \"-parameter value1,value2,value3\".",
    });
  });

  it("prefers a command's own parameter to a common one", async () => {
    expect((await call({ parameters: { OutFile: { type: "string" } } }, { Out: "x" })).objects).toEqual([
      { OutFile: "x", Set: "__AllParameterSets" },
    ]);
    expect((await call({ parameters: {} }, { Out: "x" })).errors[0]?.message).toBe(
      "Parameter cannot be processed because the parameter name 'Out' is ambiguous. Possible matches include: -OutVariable -OutBuffer.",
    );
  });
});

describe("positions and remaining arguments (recorded: func-0051, func-0052, func-0070, import-calls)", () => {
  const rest: Shape = { parameters: { a: { type: "object", position: 0 }, rest: { type: "object[]", fromRemainingArguments: true } } };
  it.each<[string, Shape, PsValue[] | GivenArgument[], Record<string, PsValue>]>([
    [
      "in their order, whatever the declaration's",
      { parameters: { a: { type: "int", position: 1 }, b: { type: "int", position: 0 } } },
      [1, 2],
      { b: 1, a: 2 },
    ],
    [
      "past those given by name",
      { parameters: { a: { type: "int", position: 1 }, b: { type: "int", position: 0 } } },
      [{ name: "b", value: 5 }, { value: 6 }],
      { b: 5, a: 6 },
    ],
    ["what remains", rest, [1, 2, 3], { a: 1, rest: [2, 3] }],
    ["what remains, lists as they are", rest, [1, [2, 3], 4], { a: 1, rest: [[2, 3], 4] }],
    ["what remains by its name", rest, [{ value: 1 }, { name: "rest", value: [5, 6] }], { a: 1, rest: [5, 6] }],
    ["names that are not known, with what remains", rest, [{ value: 1 }, { name: "-x", value: 2 }], { a: 1, rest: ["-x", 2] }],
  ])("binds %s", async (_, shape, args, expected) => {
    expect((await call(shape, args)).objects).toEqual([{ ...expected, Set: "__AllParameterSets" }]);
  });

  it("refuses an argument too many", async () => {
    const { errors } = await call({ parameters: { Path: { type: "string", position: 0 } } }, ["C:\\Program", "Files\\Microsoft"]);
    expect(errors[0]).toMatchObject({
      fullyQualifiedId: "PositionalParameterNotFound,f",
      message: "A positional parameter cannot be found that accepts argument 'Files\\Microsoft'.",
      categoryText: "InvalidArgument: (:) [f], ParameterBindingException",
    });
  });

  it.each<[PsValue, string]>([
    [5, "I"],
    ["abc", "S"],
  ])("takes for %j the set in which it fits without conversion, the default set first", async (value, set) => {
    const shape: Shape = {
      defaultSet: "I",
      parameters: { I: { type: "int", position: 0, sets: ["I"] }, S: { type: "string", position: 0, sets: ["S"] } },
    };
    expect((await call(shape, [value])).objects).toEqual([{ [set]: value, Set: set }]);
  });
});

describe("parameter sets (recorded: func-0066, func-0067, adm-0091)", () => {
  const shape: Shape = {
    defaultSet: "ByName",
    parameters: {
      Name: { type: "string", position: 0, sets: { ByName: {}, ByBoth: { mandatory: true } } },
      Id: { type: "int", sets: { ById: { mandatory: true }, ByBoth: { mandatory: true } } },
      Force: { type: "switch" },
    },
  };
  it.each<[Record<string, PsValue>, string]>([
    [{}, "ByName"],
    [{ Force: true }, "ByName"],
    [{ Name: "x" }, "ByName"],
    [{ Name: "x", Id: 1 }, "ByBoth"],
    [{ Id: 1 }, "ById"],
  ])("%j is %s", async (args, set) => {
    expect((await call(shape, args)).objects[0]?.["Set"]).toBe(set);
  });

  it("is all sets where nothing says which, and refused where each lacks something", async () => {
    expect((await call({ parameters: { A: { type: "int", sets: ["A"] }, B: { type: "int", sets: ["B"] } } })).objects[0]?.["Set"]).toBe(
      "__AllParameterSets",
    );
    expect((await call({ parameters: { A, B } })).errors[0]?.fullyQualifiedId).toBe("AmbiguousParameterSet,f");
  });
});

describe("input objects (recorded: func-0056, func-0057, func-0098, func-0108)", () => {
  const shape: Shape = {
    parameters: {
      Identity: { type: "string", mandatory: true, fromPipeline: true, fromPipelineByPropertyName: true, aliases: ["Id"] },
      Size: { type: "int", fromPipelineByPropertyName: true },
    },
  };
  it.each<[string, PsValue, Record<string, PsValue>]>([
    ["by value", "ann", { Identity: "ann" }],
    ["by property name, with conversion", PsObject.of({ identity: "ann", SIZE: "7" }), { Identity: "ann", Size: 7 }],
    ["by an alias of the name", PsObject.of({ Id: "ann" }), { Identity: "ann" }],
    ["by value with conversion, before a name would need one", 5, { Identity: "5" }],
  ])("bind %s", async (_, object, expected) => {
    expect((await call(shape, [], [object])).objects).toEqual([{ ...expected, Set: "__AllParameterSets" }]);
  });

  it("are each bound anew", async () => {
    const { objects } = await call(shape, [], [PsObject.of({ Id: "a", Size: 1 }), PsObject.of({ Id: "b" })]);
    expect(objects.map(({ Identity, Size }) => [Identity, Size])).toEqual([
      ["a", 1],
      ["b", undefined],
    ]);
  });

  it("choose among the sets, object by object", async () => {
    const sets: Shape = {
      parameters: {
        Name: { type: "string", mandatory: true, fromPipelineByPropertyName: true, sets: ["N"] },
        Count: { type: "int", mandatory: true, fromPipelineByPropertyName: true, sets: ["C"] },
      },
    };
    const { objects } = await call(sets, [], [PsObject.of({ Name: "x" }), PsObject.of({ Count: 3 })]);
    expect(objects).toEqual([
      { Name: "x", Set: "N" },
      { Count: 3, Set: "C" },
    ]);
  });

  it("that fit nothing are errors, and the next goes on", async () => {
    const { objects, errors } = await call(
      { parameters: { Id: { type: "guid", fromPipeline: true } } },
      [],
      ["no", "6f9619ff-8b86-d011-b42d-00c04fc964ff"],
    );
    expect(objects.length).toBe(1);
    expect(errors[0]).toMatchObject({ fullyQualifiedId: "InputObjectNotBound,f", category: "InvalidArgument", target: "no" });
  });

  it("that leave a mandatory parameter open say which", async () => {
    const both: Shape = {
      parameters: {
        A: { type: "string", mandatory: true, fromPipelineByPropertyName: true },
        B: { type: "string", mandatory: true, fromPipelineByPropertyName: true },
      },
    };
    const { errors } = await call(both, [], [PsObject.of({ A: "x" })]);
    expect(errors[0]).toMatchObject({
      fullyQualifiedId: "InputObjectMissingMandatory,f",
      message: "The input object cannot be bound because it did not contain the information required to bind all mandatory parameters: B",
    });
  });

  it("do not excuse a mandatory parameter that they cannot fill", async () => {
    const { errors } = await call(
      { parameters: { A: { type: "string", mandatory: true }, InputObject: { type: "object", fromPipeline: true } } },
      [],
      [1],
    );
    expect(errors[0]?.fullyQualifiedId).toBe("MissingMandatoryParameter,f");
  });
});

describe("values of a compiled command (PowerShell's ids; the texts of CannotConvertArgument are not in the recordings)", () => {
  it.each<[string, ParameterDeclarations[string]["type"], PsValue, string, string]>([
    [
      "a list for a single value",
      "string",
      ["a", "b"],
      "CannotConvertArgument,f",
      "Cannot convert 'System.Object[]' to the type 'System.String' required by parameter 'P'. Specified method is not supported.",
    ],
    [
      "a text for a Boolean",
      "bool",
      "yes",
      "CannotConvertArgument,f",
      "Cannot convert 'System.String' to the type 'System.Boolean' required by parameter 'P'. ",
    ],
    [
      "null for a Boolean",
      "bool",
      null,
      "ParameterArgumentValidationErrorNullNotAllowed,f",
      "Cannot bind argument to parameter 'P' because it is null.",
    ],
    [
      "a text for a switch",
      "switch",
      "yes",
      "CannotConvertArgument,f",
      "Cannot convert 'System.String' to the type 'System.Management.Automation.SwitchParameter' required by parameter 'P'. ",
    ],
  ])("refuse %s", async (_, type, value, id, message) => {
    expect((await call({ parameters: { P: { type } } }, { P: value })).errors[0]).toMatchObject({ fullyQualifiedId: id, message });
  });

  it.each<[ParameterDeclarations[string]["type"], PsValue, PsValue]>([
    ["bool", 0, false],
    ["bool", 1, true],
    ["int", null, 0],
    ["string", 1.5, "1.5"],
    ["string[]", "one", ["one"]],
    ["string[]", new PsList([1, 2]), ["1", "2"]],
    ["int[]", ["1", 2], [1, 2]],
    ["int?", null, null],
    ["object", [1], [1]],
  ])("a %s takes %j", async (type, value, expected) => {
    expect((await call({ parameters: { P: { type } } }, { P: value })).objects[0]?.["P"]).toEqual(expected);
  });
});

describe("common parameters", () => {
  it("are known to every command, and refused by type like others", async () => {
    expect(
      (
        await call(
          { parameters: {} },
          { ea: "Stop", WarningAction: 0, Verbose: true, OutBuffer: 5, PipelineVariable: "p", infa: "Ignore", ProgressAction: "Continue" },
        )
      ).errors,
    ).toEqual([]);
    expect((await call({ parameters: {} }, { ErrorAction: "Nope" })).errors[0]?.fullyQualifiedId).toBe("CannotConvertArgumentNoMessage,f");
    expect((await call({ parameters: {} }, { WhatIf: true })).errors[0]?.fullyQualifiedId).toBe("NamedParameterNotFound,f");
  });
});

it("asks the host for what is missing, once, in PowerShell's words (recorded: args)", async () => {
  const asked: unknown[] = [];
  const host = {
    writeLine() {},
    popRunspace() {},
    clear() {},
    promptForChoice: () => 0,
    prompt: (caption: string, message: string, fields: readonly { name: string; typeName: string }[]) => {
      asked.push(
        caption,
        message,
        fields.map(({ name, typeName }) => [name, typeName]),
      );
      return new Map<string, PsValue>([["n", "7"]]);
    },
  };
  const sink = new Collected();
  const runspace = new Runspace({
    catalogue: new Catalogue([echo("f", { parameters: { n: { type: "int", mandatory: true } } })]),
    session: null,
  });
  await runspace.run([[command("f")]], { sink, host });
  expect(asked).toEqual([
    "cmdlet f at command pipeline position 1",
    "Supply values for the following parameters:",
    [["n", "System.Int32"]],
  ]);
  expect((sink.objects[0] as PsObject).get("n")).toBe(7);
});
