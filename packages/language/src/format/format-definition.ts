/**
 * A view as Get-FormatData gives it and Import-PSSession writes it down: PowerShell's ExtendedTypeDefinition with its
 * types and properties in their order, as recorded (restricted-commands), since clients rebuild it by them.
 */
import { Guid, PsList, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { Column, View } from "../cmdlet/declaration.ts";

const SMA = "System.Management.Automation";
const ASSEMBLY = "System.Management.Automation, Version=7.6.0.500, Culture=neutral, PublicKeyToken=31bf3856ad364e35";
const CORE = "System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e";

type Properties = Readonly<Record<string, PsValue>>;

function typed(type: string, properties: Properties, text = `${SMA}.${type}`, bases: readonly string[] = []): PsObject {
  const object = new PsObject({ typeNames: [`${SMA}.${type}`, ...bases.map((base) => `${SMA}.${base}`), "System.Object"], text });
  for (const [name, value] of Object.entries(properties)) object.set(name, value, "adapted");
  return object;
}

function listOf(element: string, items: PsValue[]): PsObject {
  const name = element === "System.String" ? `${element}, ${CORE}` : `${SMA}.${element}, ${ASSEMBLY}`;
  return new PsObject({ typeNames: [`System.Collections.Generic.List\`1[[${name}]]`, "System.Object"], base: new PsList(items) });
}

function entry({ property }: Column): PsObject {
  return typed("DisplayEntry", { ValueType: "Property", Value: property }, `property: ${property}`);
}

const ALIGNMENTS = { left: "Left", right: "Right" } as const;

function tableControl(columns: readonly Column[]): PsObject {
  const header = (column: Column): PsObject =>
    typed("TableControlColumnHeader", {
      Label: column.label ?? column.property,
      Alignment: column.align === undefined ? "Undefined" : ALIGNMENTS[column.align],
      Width: column.width ?? 0,
    });
  const cell = (column: Column): PsObject =>
    typed("TableControlColumn", { Alignment: "Undefined", DisplayEntry: entry(column), FormatString: null }, column.property);
  const row = typed("TableControlRow", { Columns: listOf("TableControlColumn", columns.map(cell)), SelectedBy: null, Wrap: false });
  return typed(
    "TableControl",
    {
      Headers: listOf("TableControlColumnHeader", columns.map(header)),
      Rows: listOf("TableControlRow", [row]),
      AutoSize: false,
      HideTableHeaders: false,
      GroupBy: null,
      OutOfBand: false,
    },
    undefined,
    ["PSControl"],
  );
}

function listControl(columns: readonly Column[]): PsObject {
  const item = (column: Column): PsObject =>
    typed("ListControlEntryItem", {
      Label: column.label ?? null,
      DisplayEntry: entry(column),
      ItemSelectionCondition: null,
      FormatString: null,
    });
  const items = typed("ListControlEntry", {
    Items: listOf("ListControlEntryItem", columns.map(item)),
    SelectedBy: null,
    EntrySelectedBy: null,
  });
  return typed("ListControl", { Entries: listOf("ListControlEntry", [items]), GroupBy: null, OutOfBand: false }, undefined, ["PSControl"]);
}

/** The definition of one type's view. */
export function formatDefinition(typeName: string, view: View): PsObject {
  const definition = typed("FormatViewDefinition", {
    Name: typeName,
    Control: view.kind === "table" ? tableControl(view.columns) : listControl(view.columns),
  });
  definition.set("InstanceId", stableGuid(typeName));
  return typed(
    "ExtendedTypeDefinition",
    {
      TypeName: typeName,
      TypeNames: listOf("System.String", [typeName]),
      FormatViewDefinition: listOf("FormatViewDefinition", [definition]),
    },
    typeName,
  );
}

/** The same id for the same name, so that a client's cache of views holds; unique enough among a site's types. */
function stableGuid(name: string): Guid {
  const part = (seed: number): string => {
    let hash = seed;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619) >>> 0;
    return hash.toString(16).padStart(8, "0");
  };
  const digits = [2_166_136_261, 3_266_489_917, 668_265_263, 374_761_393].map(part).join("");
  return new Guid(`${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`);
}
