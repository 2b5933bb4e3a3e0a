import { readFileSync } from "node:fs";
import { deserialize } from "@tieline/remoting/clixml";
import { PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { restrictedCommands } from "../commands/restricted-commands.ts";
import { Catalogue } from "../cmdlet/catalogue.ts";
import { defineCmdlet } from "../cmdlet/declaration.ts";
import { Runspace } from "../engine/runspace.ts";
import { Collected } from "../engine/sink.ts";
import { command, type StructuredCommand } from "../engine/structured-command.ts";
import { textOf } from "../types/text.ts";
import { ErrorRecord } from "./error-record.ts";
import { errorObject, exceptionObject } from "./record-object.ts";

const getDate = defineCmdlet({
  name: "Get-Date",
  synopsis: "The date.",
  kind: "Function",
  parameters: { Date: { type: "datetime", position: 0 }, Format: { type: "string", validate: { set: ["o", "u"] } } },
});

const COMMANDS: Readonly<Record<string, StructuredCommand>> = {
  "command-not-found": command("Get-Hidden"),
  "scripts-not-allowed": { text: "Get-Ok", isScript: true, arguments: [] },
  "argument-validation": command("Get-Date", { Format: "x" }),
  "named-parameter-not-found": command("Get-Date", { Year: 2020 }),
};

/** What is .NET's own, or counts: the method that threw, its assembly, and the number in the history. */
const APART = new Set(["TargetSite", "Source", "HistoryId"]);

function shape(value: PsValue | undefined): unknown {
  if (!(value instanceof PsObject)) return value === undefined || value === null ? null : textOf(value);
  return {
    types: value.typeNames.map((name) => name.replace(/^Deserialized\./, "")),
    text: value.text,
    properties: [...value.properties()].filter(([name]) => !APART.has(name)).map(([name, inner]) => [name, shape(inner)]),
  };
}

describe("error records on the wire (recorded: restricted-commands)", () => {
  const rows = JSON.parse(readFileSync(new URL("../../vectors/error-records.json", import.meta.url), "utf8")) as {
    case: string;
    clixml: string;
  }[];

  it.each(rows)("$case has PowerShell's types, properties in their order, and values", async ({ case: name, clixml }) => {
    const recorded = (deserialize(clixml) as PsObject).get("ExceptionAsErrorRecord") as PsObject;
    const runspace = new Runspace({ catalogue: new Catalogue([getDate, ...restrictedCommands()]), session: null });
    const { error } = await runspace.run([[COMMANDS[name] as StructuredCommand]], { sink: new Collected() });
    expect(shape(errorObject(error as ErrorRecord))).toEqual(shape(recorded));
  });
});

describe("an error record", () => {
  it("cuts a long target in the middle, and only where CategoryInfo shows it", () => {
    const record = new ErrorRecord({ message: "m", id: "I", category: "ObjectNotFound", target: "x".repeat(30) + "y".repeat(30) });
    expect(record.categoryText).toBe(`ObjectNotFound: (${"x".repeat(19)}\u2026${"y".repeat(19)}:String) [], RuntimeException`);
    expect(record.targetName).toHaveLength(60);
  });

  it("takes the mark of the command that raised it, once", () => {
    const by = (name: string): Parameters<ErrorRecord["raisedBy"]>[0] => ({
      command: name,
      commandType: "Cmdlet",
      boundParameters: {},
      unboundArguments: [],
      invocationName: name,
      pipelineLength: 1,
      pipelinePosition: 1,
      expectingInput: false,
    });
    const record = new ErrorRecord({ message: "m", id: "I" }).raisedBy(by("A"), "A.Type").raisedBy(by("B"), "B.Type");
    expect([record.fullyQualifiedId, record.activity]).toEqual(["I,A.Type", "A"]);
  });

  it("never shows a secret that is its target", () => {
    const record = new ErrorRecord({ message: "m", id: "I", target: new SecureString("hunter2") });
    expect(record.categoryText).toBe("NotSpecified: (System.Security.SecureString:SecureString) [], RuntimeException");
  });

  it("carries the exception below", () => {
    const inner = { typeNames: ["System.Exception"], message: "inner" };
    const object = exceptionObject(new ErrorRecord({ message: "outer", id: "I", type: "InvalidOperationException", inner }).exception);
    expect([object.get("HResult"), textOf((object.get("InnerException") as PsObject).get("Message") ?? null)]).toEqual([
      -2146233079,
      "inner",
    ]);
  });
});
