import { describe, expect, test } from "vitest";
import {
  Char,
  DateTime,
  Decimal,
  Double,
  Guid,
  PsDictionary,
  PsList,
  PsObject,
  type PsValue,
  SemanticVersion,
  TimeSpan,
  Uri,
  Version,
} from "../objects/index.ts";
import { deserialize } from "./reader.ts";
import { encode, serialize, serializeDocument, writeValues } from "./serialize.ts";
import { recorded, VALUES, wire } from "./testing.ts";

const enumeration = (type: string, text: string, base: PsValue): PsObject =>
  new PsObject({ typeNames: [type, "System.Enum", "System.ValueType", "System.Object"], text, base });
const FRIDAY = enumeration("System.DayOfWeek", "Friday", 5);
const MONDAY = enumeration("System.DayOfWeek", "Monday", 1);
const custom = (properties: Record<string, PsValue>): PsObject => PsObject.of(properties);
const hashtable = (record: Record<string, PsValue>): PsDictionary => PsDictionary.of(record);
const decorated = (base: PsValue, properties: Record<string, PsValue>): PsObject => {
  const object = new PsObject({ base });
  for (const [name, value] of Object.entries(properties)) object.set(name, value);
  return object;
};

/** Live values, and the expression whose recording by PowerShell they must equal. */
const LIVE: readonly [string, () => PsValue][] = [
  ["$null", () => null],
  ["$true", () => true],
  ["1", () => 1],
  ["[int64]::MinValue", () => -(2n ** 63n)],
  ["[math]::PI", () => new Double(Math.PI)],
  ["1.10d", () => new Decimal("1.10")],
  ["[char]0x20ac", () => new Char("€")],
  ["'a<b>&\"c''d'", () => "a<b>&\"c'd"],
  ["[string]::new([char[]](1..31))", () => String.fromCharCode(...Array.from({ length: 31 }, (_, i) => i + 1))],
  ["'a_x0041_b_x0042_'", () => "a_x0041_b_x0042_"],
  ["[datetime]::new(637185224961234567,[DateTimeKind]::Utc)", () => new DateTime(637_185_224_961_234_567n, "Utc")],
  ["[timespan]::new(-1,-2,-3,-4,-5)", () => new TimeSpan(-937_840_050_000n)],
  ["[guid]'6F9619FF-8B86-D011-B42D-00C04FC964FF'", () => new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff")],
  ["[semver]'1.2.3'", () => new SemanticVersion("1.2.3")],
  ["[DayOfWeek]::Monday", () => MONDAY],
  ["@(1)", () => [1]],
  ["@($null,$null,1)", () => [null, null, 1]],
  [
    "@(@(1,2),@(3,4))",
    () => [
      [1, 2],
      [3, 4],
    ],
  ],
  ["@(,@())", () => [[]]],
  ["@(,@(,@(,1)))", () => [[[1]]]],
  [
    "@([DayOfWeek]::Monday,[DayOfWeek]::Monday,[ConsoleColor]::Red)",
    () => [MONDAY, enumeration("System.DayOfWeek", "Monday", 1), enumeration("System.ConsoleColor", "Red", 12)],
  ],
  ["[System.Collections.ArrayList]@(1,'a',$null)", () => new PsList([1, "a", null])],
  ["[System.Collections.ArrayList]::new()", () => new PsList()],
  ["$q=[System.Collections.Queue]::new(); $q.Enqueue(1); $q.Enqueue('b'); $q", () => new PsList([1, "b"], "QUE")],
  ["@{}", () => hashtable({})],
  ["@{a=1}", () => hashtable({ a: 1 })],
  ["@{a=@{b=@{c=1}}}", () => hashtable({ a: hashtable({ b: hashtable({ c: 1 }) }) })],
  ["@{a=@(1,2,3)}", () => hashtable({ a: [1, 2, 3] })],
  ["@{1.5=1}", () => new PsDictionary([[new Double(1.5), 1]])],
  ["[pscustomobject]@{}", () => custom({})],
  ["[pscustomobject]@{a=1}", () => custom({ a: 1 })],
  ["[pscustomobject]@{o=[pscustomobject]@{p=[pscustomobject]@{q=1}}}", () => custom({ o: custom({ p: custom({ q: 1 }) }) })],
  ["[pscustomobject]@{e=[DayOfWeek]::Friday}", () => custom({ e: FRIDAY })],
  [
    "[pscustomobject]@{'with space'=1;'<&>'=2;\"new`nline\"=3;'_x0041_'=4}",
    () => custom({ "with space": 1, "<&>": 2, "new\nline": 3, _x0041_: 4 }),
  ],
  [
    "[pscustomobject]@{PSTypeName='My.Type';a=1}",
    () => PsObject.of({ a: 1 }, ["My.Type", "System.Management.Automation.PSCustomObject", "System.Object"]),
  ],
  ["$o=[pscustomobject]@{a=1}; $o.PSTypeNames.Clear(); $o", () => PsObject.of({ a: 1 }, [])],
  ["[pscustomobject]@{a=@{b=@(1,@{c=1})}}", () => custom({ a: hashtable({ b: [1, hashtable({ c: 1 })] }) })],
  ["5 | Add-Member -NotePropertyName N -NotePropertyValue 'v' -PassThru", () => decorated(5, { N: "v" })],
  ["[version]'1.2.3' | Add-Member -NotePropertyName N -NotePropertyValue 'v' -PassThru", () => decorated(new Version("1.2.3"), { N: "v" })],
  [
    "$o=[pscustomobject]@{a=1}; [pscustomobject]@{x=$o;y=$o}",
    () => {
      const shared = custom({ a: 1 });
      return custom({ x: shared, y: shared });
    },
  ],
  [
    "$o=[pscustomobject]@{a=1}; $o | Add-Member self $o; $o",
    () => {
      const object = custom({ a: 1 });
      return object.set("self", object);
    },
  ],
  [
    "$a=@(1,2); @($a,$a)",
    () => {
      const shared = [1, 2];
      return [shared, shared];
    },
  ],
  ["[uri]'http://example.com'", () => new Uri("http://example.com/")],
  [
    "[System.Management.Automation.ProgressRecord]::new(1,'act','stat')",
    () => {
      const record = new PsObject({ typeNames: ["System.Management.Automation.ProgressRecord", "System.Object"] });
      const values: Record<string, PsValue> = {
        Activity: "act",
        ActivityId: 1,
        CurrentOperation: null,
        ParentActivityId: -1,
        PercentComplete: -1,
        RecordType: "Processing",
        SecondsRemaining: -1,
        StatusDescription: "stat",
      };
      for (const [name, value] of Object.entries(values)) record.set(name, value, "adapted");
      return record;
    },
  ],
];

describe("live values are written as PowerShell writes its own", () => {
  test.each(LIVE.map(([expression, make]) => [expression, make] as const))("%s", (expression, make) => {
    expect(serialize(make())).toBe(recorded(expression));
  });
});

describe("depth, [MS-PSRP] 2.2.5.2", () => {
  const live = (type: string, text: string, properties: Record<string, PsValue>): PsObject => {
    const object = new PsObject({ typeNames: [type, "System.Object"], text });
    for (const [name, value] of Object.entries(properties)) object.set(name, value, "adapted");
    return object;
  };
  const nested = (): PsObject =>
    live("NestN", "one", { Id: 1, Next: live("NestN", "two", { Id: 2, Next: live("NestN", "three", { Id: 3 }) }) });

  test("adapted properties are a level each; what lies deeper becomes its text", () => {
    expect(serialize(nested())).toContain('<Props><I32 N="Id">1</I32><S N="Next">two</S></Props>');
    expect(serialize(nested(), { depth: 2 })).toContain('<S N="Next">three</S>');
    expect(serialize(nested(), { depth: 3 })).toContain('<I32 N="Id">3</I32>');
  });

  test("extended properties, lists and dictionaries are no level", () => {
    const xml = serialize(custom({ a: [hashtable({ b: nested() })] }));
    expect(xml).toContain('<I32 N="Id">1</I32><S N="Next">two</S>');
  });

  test("an enum below the last level is its name", () => {
    expect(serialize(live("T", "t", { Day: FRIDAY }))).toContain('<Props><S N="Day">Friday</S></Props>');
    expect(serialize(live("T", "t", { Day: FRIDAY }), { depth: 2 })).toContain("<ToString>Friday</ToString><I32>5</I32>");
  });

  test("a type may have a depth of its own", () => {
    const holder = live("System.Net.IPEndPoint", "10.0.0.1:80", { Address: live("System.Net.IPAddress", "10.0.0.1", { Family: FRIDAY }) });
    expect(serialize(holder)).toContain('<ToString>10.0.0.1</ToString><Props><S N="Family">Friday</S></Props>');
    expect(serialize(nested(), { typeDepths: new Map([["NestN", 1]]) })).toContain('<I32 N="Id">3</I32>');
  });

  test("text in place of an object keeps its extended properties around it", () => {
    const inner = custom({ a: 1 });
    expect(serialize(live("T", "t", { Value: inner }))).toContain(
      '<Obj N="Value" RefId="1"><S>@{a=1}</S><MS><I32 N="a">1</I32></MS></Obj>',
    );
  });

  test("what was read is written with all its levels", () => {
    const xml = serialize(nested(), { depth: 9 });
    expect(serialize(deserialize(xml, { deserializedPrefix: false }))).toBe(xml);
  });

  test("a depth of none is refused", () => {
    expect(() => serialize(1, { depth: 0 })).toThrow(expect.objectContaining({ code: "clixml-depth-option" }));
    expect(() => serialize(1, { depth: Number.NaN })).toThrow(expect.objectContaining({ code: "clixml-depth-option" }));
  });

  test("what no reader would take is cut off with PowerShell's words, and can be read", () => {
    let value: PsValue = 1;
    for (let level = 0; level < 100_000; level++) value = [value];
    const xml = serialize(value);
    expect(xml).toContain("<S>Serialized XML is nested too deeply.</S>");
    expect(() => deserialize(xml)).not.toThrow();
  });
});

describe("forms", () => {
  test("type names are written once and then referred to, by content", () => {
    const xml = serialize([PsObject.of({ a: 1 }, ["T", "System.Object"]), PsObject.of({ a: 2 }, ["T", "System.Object"])]);
    expect(xml.match(/<TN RefId/g)).toHaveLength(2);
    expect(xml).toContain('<TNRef RefId="1" />');
  });

  test("a file has the root and, if wanted, PowerShell's layout", () => {
    for (const row of VALUES.filter((value) => value.refused !== true).slice(0, 120)) {
      const codec = {
        encrypt: (bytes: Uint8Array) => Buffer.from(bytes).toString("hex"),
        decrypt: (text: string) => Uint8Array.from(Buffer.from(text, "hex")),
      };
      const value = deserialize(row.clixml, { deserializedPrefix: false, scriptBlocks: true, secureString: codec });
      expect(serializeDocument([value], { indented: true, secureString: codec }), row.id).toBe(row.clixml);
    }
  });

  test("a stream of chunks is the same document", () => {
    const values = Array.from({ length: 5000 }, (_, index) => PsObject.of({ Id: index, Name: "ä".repeat(10) }));
    const chunks = [...writeValues(values)];
    expect(chunks.length).toBeGreaterThan(3);
    const text = Buffer.concat(chunks).toString("utf8");
    expect(wire(text)).toBe(wire(serializeDocument(values)));
  });

  test("encode is UTF-8 without a byte order mark", () => {
    expect(Buffer.from(encode("ä")).toString("utf8")).toBe("<S>ä</S>");
  });

  test("a dictionary without a key cannot be written", () => {
    expect(() => serialize(new PsDictionary([[null, 1]]))).toThrow(expect.objectContaining({ code: "clixml-unwritable" }));
  });
});
