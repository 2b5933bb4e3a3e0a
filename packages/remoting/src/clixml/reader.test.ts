import { describe, expect, test } from "vitest";
import { type PsDictionary, PsList, PsObject, type PsValue, toText } from "../objects/index.ts";
import { ClixmlReader, deserialize, Deserializer, readStream, readValues } from "./reader.ts";
import { serialize, serializeDocument } from "./serialize.ts";
import { chance, DAMAGED, HEXADECIMAL, VALUES, wire } from "./testing.ts";

const READ = { secureString: HEXADECIMAL, localOffset: () => 0 };
const PROTOCOL = { secureString: HEXADECIMAL, deserializedPrefix: false, scriptBlocks: true };
const WRITE = { secureString: HEXADECIMAL };

const inObject = (inside: string): string => `<Obj RefId="0">${inside}</Obj>`;
const refuses = (xml: string | Uint8Array, code: string, options = {}): void =>
  expect(() => deserialize(xml, options)).toThrow(expect.objectContaining({ code }));

describe("recorded values", () => {
  test.each(VALUES.map((row) => [row.id, row] as const))("%s", (_, row) => {
    if (row.refused === true) {
      refuses(row.clixml, "clixml-content", READ);
      return;
    }
    const value = deserialize(row.clixml, READ);
    if (row.after === null) expect(value).toBeNull();
    else {
      expect(toText(value)).toBe(row.after?.toString);
      if (value instanceof PsObject && value.typeNames.length > 0) expect(value.typeNames).toEqual(row.after?.typeNames);
      const items = value instanceof PsObject && value.base instanceof PsList ? value.base.items : undefined;
      if (row.after?.items !== undefined)
        expect(items?.map((item) => (item === null ? null : toText(item)))).toEqual(row.after.items.map(([, text]) => text));
    }
    // Read under its own names and written again, it is the same document.
    expect(wire(serialize(deserialize(row.clixml, PROTOCOL), WRITE))).toBe(wire(row.clixml));
  });

  test.each(VALUES.filter((_, index) => index % 7 === 0).map((row) => [row.id, row.clixml] as const))(
    "%s byte by byte is the same as whole",
    (_, clixml) => {
      const bytes = new TextEncoder().encode(clixml);
      const chunks = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
      const [value] = [...safely(() => [...readValues(chunks, PROTOCOL)])];
      const [whole] = [...safely(() => [deserialize(clixml, PROTOCOL)])];
      expect(value === undefined ? "refused" : serialize(value, WRITE)).toBe(whole === undefined ? "refused" : serialize(whole, WRITE));
    },
  );
});

function safely(read: () => PsValue[]): PsValue[] {
  try {
    return read();
  } catch (error) {
    expect(error).toMatchObject({ name: "Fault" });
    return [];
  }
}

describe("recorded damage", () => {
  test.each(DAMAGED.map((row) => [row.id, row.damage, row] as const))("%s, %s", (_, __, row) => {
    if (row.refused !== undefined) {
      expect(() => deserialize(row.clixml, READ)).toThrow(expect.objectContaining({ name: "Fault", layer: "clixml" }));
      return;
    }
    const value = deserialize(row.clixml, READ);
    if (row.after === null) expect(value).toBeNull();
    else expect(toText(value)).toBe(row.after?.toString);
  });
});

describe("objects, [MS-PSRP] 2.2.5.2", () => {
  test("type names get the prefix that tells a copy, unless PowerShell builds the live type", () => {
    const names = (type: string, options = {}): readonly string[] =>
      (deserialize(inObject(`<TN RefId="0"><T>${type}</T><T>System.Object</T></TN>`), options) as PsObject).typeNames;
    expect(names("A.B")).toEqual(["Deserialized.A.B", "Deserialized.System.Object"]);
    expect(names("Deserialized.A.B")).toEqual(["Deserialized.A.B", "Deserialized.System.Object"]);
    expect(names("A.B", { deserializedPrefix: false })).toEqual(["A.B", "System.Object"]);
    expect(names("System.Management.Automation.PSCredential")).toEqual(["System.Management.Automation.PSCredential", "System.Object"]);
  });

  test("an object without names is what its content is; in a message of the protocol it has none", () => {
    const names = (inside: string, options = {}): readonly string[] => (deserialize(inObject(inside), options) as PsObject).typeNames;
    expect(names('<MS><S N="a">1</S></MS>')[0]).toBe("System.Management.Automation.PSCustomObject");
    expect(names("<LST />")[0]).toBe("System.Collections.ArrayList");
    expect(names("<QUE />")[0]).toBe("System.Collections.Queue");
    expect(names("<DCT />")[0]).toBe("System.Collections.Hashtable");
    expect(names('<MS><S N="a">1</S></MS>', { deserializedPrefix: false })).toEqual([]);
  });

  test("properties are found in any letter case; a later one of the same name takes the place of the earlier", () => {
    const object = deserialize(inObject('<MS><S N="a">1</S><S N="b">2</S><S N="A">3</S></MS>')) as PsObject;
    expect(object.names()).toEqual(["A", "b"]);
    expect(object.get("a")).toBe("3");
    expect(String(object)).toBe("@{A=3; b=2}");
  });

  test("a second group of extended properties adds, one of adapted properties replaces", () => {
    const object = deserialize(
      inObject('<Props><S N="p">1</S></Props><Props><S N="q">2</S></Props><MS><S N="a">1</S></MS><MS><S N="b">2</S></MS>'),
    ) as PsObject;
    expect(object.names()).toEqual(["q", "a", "b"]);
  });

  test("objects of one kind share their shape, also from message to message", () => {
    const reader = new Deserializer();
    const message = (name: string): string => inObject(`<MS><S N="Name">${name}</S><I32 N="Age">4</I32></MS>`);
    const [a, b] = ["x", "y"].map((name) => reader.read(message(name)) as PsObject);
    expect(a?.shape("extended")).toBe(b?.shape("extended"));
    expect([a?.get("name"), b?.get("NAME")]).toEqual(["x", "y"]);
  });

  test("a reference is the same object, also to one that is still open", () => {
    const self = deserialize(inObject('<MS><Ref N="me" RefId="0" /></MS>')) as PsObject;
    expect(self.get("me")).toBe(self);
    const pair = deserialize(inObject('<LST><Obj RefId="1"><MS><S N="a">1</S></MS></Obj><Ref RefId="1" /></LST>')) as PsObject;
    const [one, two] = (pair.base as PsList).items;
    expect(one).toBe(two);
  });

  test("references are compared as they stand, not as numbers", () => {
    expect(String(deserialize(inObject('<MS><Obj N="a" RefId="ab" /><Ref N="b" RefId="ab" /></MS>')))).toBe("@{a=; b=}");
    refuses('<Obj RefId="00"><MS><Ref N="a" RefId="0" /></MS></Obj>', "clixml-reference");
    refuses('<Ref RefId="5" />', "clixml-reference");
    refuses(inObject('<TNRef RefId="5" />'), "clixml-reference");
    expect(() => deserialize('<Obj RefId="1" /><Ref RefId="1" />')).toThrow(expect.objectContaining({ code: "clixml-malformed" }));
  });

  test("dictionaries keep order and duplicate keys", () => {
    const entry = (key: string, value: string): string => `<En><S N="Key">${key}</S><S N="Value">${value}</S></En>`;
    const object = deserialize(inObject(`<DCT>${entry("b", "1")}${entry("a", "2")}${entry("B", "3")}</DCT>`)) as PsObject;
    const dictionary = object.base as PsDictionary;
    expect(dictionary.entries).toEqual([
      ["b", "1"],
      ["a", "2"],
      ["B", "3"],
    ]);
    expect(dictionary.get("A")).toBe("2");
  });

  test.each([
    ['<DCT><En><S N="Key">k</S></En></DCT>', "clixml-dictionary"],
    ['<DCT><En><S N="Value">v</S></En></DCT>', "clixml-dictionary"],
    ['<DCT><En><Nil N="Key" /><S N="Value">v</S></En></DCT>', "clixml-dictionary"],
    ['<DCT><En><S N="Key">k</S><S N="Value">v</S><S N="Value">w</S></En></DCT>', "clixml-dictionary"],
    ["<LST><En /></LST>", "clixml-element"],
    ["<MS><S>1</S></MS>", "clixml-name"],
    ['<MS><S N="">1</S></MS>', "clixml-name"],
    ["<Zzz />", "clixml-element"],
    ["<Nil />", "clixml-element"],
    ["text", "clixml-malformed"],
  ])("refuses in an object %s", (inside, code) => refuses(inObject(inside), code));
});

describe("documents", () => {
  const NS = 'xmlns="http://schemas.microsoft.com/powershell/2004/04"';

  test.each([
    ["", "clixml-malformed"],
    ["  \n", "clixml-malformed"],
    ["hello", "clixml-malformed"],
    ["<S>a", "clixml-malformed"],
    ["<S>a</", "clixml-malformed"],
    ["<S>a</I32>", "clixml-malformed"],
    ["<S>a</S><S>b</S>", "clixml-malformed"],
    ["<S>a</S>junk", "clixml-malformed"],
    ["<S>a<b/></S>", "clixml-malformed"],
    ['<S N="a" N="b">x</S>', "clixml-malformed"],
    ["<S N=a>x</S>", "clixml-malformed"],
    ["<S>\u0001</S>", "clixml-malformed"],
    ["<S>]]></S>", "clixml-malformed"],
    ["\ufeff<S>a</S>", "clixml-malformed"],
    [' <?xml version="1.0"?><S>a</S>', "clixml-malformed"],
    ["<!DOCTYPE x><S>a</S>", "clixml-forbidden"],
    ['<!DOCTYPE x [<!ENTITY a "b">]><S>&a;</S>', "clixml-forbidden"],
    ["<S>&nope;</S>", "clixml-forbidden"],
    ["<S>a & b</S>", "clixml-forbidden"],
    ["<a/>", "clixml-element"],
    ["<constructor/>", "clixml-element"],
    ['<Objs Version="1.1.0.1"><S>x</S></Objs>', "clixml-root"],
    [`<Objs Version="2.0" ${NS}><S>x</S></Objs>`, "clixml-version"],
    [`<Objs Version="1" ${NS}><S>x</S></Objs>`, "clixml-version"],
  ])("refuses %j", (xml, code) => {
    refuses(xml, code);
    // However it is cut, the verdict is the same.
    expect(() => [...readValues(Array.from(xml))]).toThrow(expect.objectContaining({ code }));
  });

  test("a byte order mark belongs to the bytes; invalid UTF-8 is refused", () => {
    expect(deserialize(new TextEncoder().encode("\ufeff<S>ä</S>"))).toBe("ä");
    refuses(Uint8Array.of(0x3c, 0x53, 0x3e, 0xff, 0x3c), "clixml-encoding");
    const reader = new ClixmlReader();
    reader.write(new TextEncoder().encode("<S>"));
    reader.write(Uint8Array.of(0xc3));
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: "clixml-encoding" }));
  });

  test("a root holds any number of values; none is $null, several are an array", () => {
    const root = (inside: string): string => `<?xml version="1.0"?>\n<Objs Version="1.1.0.1" ${NS}>${inside}</Objs>\n`;
    expect(deserialize(root(""))).toBeNull();
    expect(deserialize(root("<S>a</S>"))).toBe("a");
    expect(deserialize(root("<S>a</S> <Nil/><I32>5</I32>"))).toEqual(["a", null, 5]);
    expect(deserialize(`<p:Objs Version="1.0" ${NS.replace("xmlns", "xmlns:p")}><p:S>a</p:S></p:Objs>`)).toBe("a");
  });

  test("local times become the reader's own only when it says where it is", () => {
    const xml = "<DT>2020-02-29T12:34:56-08:00</DT>";
    expect(String(deserialize(xml))).toBe("2020-02-29T12:34:56-08:00");
    expect(String(deserialize(xml, { localOffset: () => 60 }))).toBe("2020-02-29T21:34:56+01:00");
  });
});

describe("streams", () => {
  const values = Array.from({ length: 50 }, (_, index) =>
    PsObject.of({ Id: index, Text: `ä<${"\u{1f600}".repeat(index % 5)}> _x`, Nothing: null }),
  );
  const bytes = new TextEncoder().encode(serializeDocument(values, { indented: true }));

  test("any cut gives the same values", () => {
    const random = chance(7);
    for (let run = 0; run < 30; run++) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + Math.floor(random() * (run + 1) * 20);
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect([...readValues(chunks, PROTOCOL)].map((value) => serialize(value))).toEqual(values.map((value) => serialize(value)));
    }
  });

  test("each value is given out when its last byte is there", () => {
    const reader = new ClixmlReader();
    const got: number[] = [];
    for (const [at, byte] of bytes.entries()) if (reader.write(Uint8Array.of(byte)).length > 0) got.push(at);
    expect(reader.end()).toEqual([]);
    const text = Buffer.from(bytes).toString("latin1");
    const ends = [...text.matchAll(/<\/Obj>/g)].map((match) => match.index + 5);
    expect(got).toEqual(ends);
  });

  test("an asynchronous source works the same", async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 1000);
      yield bytes.subarray(1000);
    }
    let count = 0;
    for await (const value of readStream(source())) count += value instanceof PsObject ? 1 : 0;
    expect(count).toBe(50);
  });

  test("references reach over the document, or over one value where memory must not grow", () => {
    const shared = PsObject.of({ a: 1 });
    const document = serializeDocument([shared, shared]);
    expect(document).toContain('<Ref RefId="0" />');
    const [one, two] = readValues([document]);
    expect(one).toBe(two);
    expect(deserialize(document)).toEqual([one, one]);
    expect(() => [...readValues([document], { references: "value" })]).toThrow(expect.objectContaining({ code: "clixml-reference" }));
  });

  test("a stream remembers what is used, and forgets the oldest of the rest", () => {
    const used = PsObject.of({ used: 1 });
    const old = PsObject.of({ old: 1 });
    const many = Array.from({ length: 6000 }, (_, index) => PsObject.of({ index, used }));
    const document = serializeDocument([old, used, ...many]);
    expect([...readValues([document])]).toHaveLength(6002);
    const late = serializeDocument([old, used, ...many, old]);
    expect(() => [...readValues([late])]).toThrow(expect.objectContaining({ code: "clixml-reference" }));
    expect([...readValues([late], { references: "document" })]).toHaveLength(6003);
    expect(deserialize(late)).toHaveLength(6003);
  });

  test("a reader that has refused is spent", () => {
    const reader = new ClixmlReader();
    expect(() => reader.write("<Foo/>")).toThrow(expect.objectContaining({ code: "clixml-element" }));
    expect(() => reader.write("<S>a</S>")).toThrow(expect.objectContaining({ code: "clixml-malformed" }));
    reader.reset();
    expect(reader.write("<S>a</S>")).toEqual(["a"]);
  });
});

describe("limits", () => {
  const nest = (levels: number, inside: string): string =>
    Array.from({ length: levels }, (_, level) => `<Obj RefId="${level}"><LST>`).join("") + inside + "</LST></Obj>".repeat(levels);

  test("49 values may be nested, a fiftieth is too deep, as in PowerShell", () => {
    expect(() => deserialize(nest(49, ""))).not.toThrow();
    refuses(nest(50, ""), "clixml-depth");
    expect(() => deserialize(nest(48, "<I32>1</I32>"))).not.toThrow();
    refuses(nest(49, "<I32>1</I32>"), "clixml-depth");
    refuses(nest(49, '<Ref RefId="0" />'), "clixml-depth");
    expect(() => deserialize(nest(60, ""), { maxDepth: 100 })).not.toThrow();
  });

  const MILLION = 1_000_000;
  /** Each of these once cost somebody quadratic time or all memory. */
  const HOSTILE: readonly [string, () => string, string][] = [
    ["a million nested objects", () => '<Obj RefId="0"><LST>'.repeat(MILLION), "clixml-depth"],
    ["a million nested elements that mean nothing", () => "<Nil>".repeat(MILLION), "clixml-depth"],
    ["a name of ten megabytes", () => `<${"a".repeat(10 * MILLION)}>`, "clixml-limit"],
    ["an attribute of ten megabytes", () => `<S N="${"a".repeat(10 * MILLION)}">x</S>`, "clixml-limit"],
    ["a million attributes", () => `<S ${Array.from({ length: MILLION }, (_, i) => `a${i}="1"`).join(" ")}>x</S>`, "clixml-limit"],
    ["forty attributes", () => `<S ${Array.from({ length: 40 }, (_, i) => `a${i}="1"`).join(" ")}>x</S>`, "clixml-limit"],
    ["a million references", () => inObject(`<LST>${'<Ref RefId="0" />'.repeat(MILLION)}</LST>`), "clixml-limit"],
    ["a million unclosed tags", () => "<".repeat(MILLION), "clixml-limit"],
    ["a million ampersands", () => `<S>${"&".repeat(MILLION)}</S>`, "clixml-forbidden"],
    ["an end that never comes", () => `<S>${"]]&gt;".repeat(MILLION)}`, "clixml-malformed"],
    ["a comment that never ends", () => `<!--${"-".repeat(MILLION)}`, "clixml-malformed"],
    ["an end tag of ten megabytes", () => `<S>a</S${" ".repeat(10 * MILLION)}`, "clixml-limit"],
    ["digits without end", () => `<I64>${"9".repeat(10 * MILLION)}</I64>`, "clixml-content"],
    ["a decimal without end", () => `<D>0.${"1".repeat(10 * MILLION)}</D>`, "clixml-content"],
    ["a number of digits behind a date", () => `<DT>2020-02-29T00:00:00.${"1".repeat(10 * MILLION)}X</DT>`, "clixml-content"],
    ["base64 that fails at its end", () => `<BA>${"AAAA".repeat(2 * MILLION)}*</BA>`, "clixml-content"],
  ];

  test.each(HOSTILE)("%s is refused in little time, whole and in pieces", (_, make, code) => {
    const text = make();
    const began = performance.now();
    refuses(text, code);
    const bytes = new TextEncoder().encode(text);
    const pieces = function* (): Generator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 997) yield bytes.subarray(at, at + 997);
    };
    expect(() => [...readValues(pieces())]).toThrow(expect.objectContaining({ code }));
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test("a hundred thousand properties of one object cost linear time", () => {
    const properties = Array.from({ length: 100_000 }, (_, i) => `<I32 N="p${i}">${i}</I32>`).join("");
    const began = performance.now();
    const object = deserialize(inObject(`<MS>${properties}</MS>`)) as PsObject;
    expect(object.get("P99999")).toBe(99_999);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test("size and elements of one value are limited, of a document not", () => {
    refuses(`<S>${"a".repeat(2 * MILLION)}</S>`, "clixml-limit", { maxSize: 500_000 });
    refuses(inObject(`<LST>${"<Nil />".repeat(101)}</LST>`), "clixml-limit", { maxElements: 100 });
    const values = Array.from({ length: 100 }, () => "x".repeat(50_000));
    expect([...readValues([serializeDocument(values)], { maxSize: 100_000, maxElements: 10 })]).toHaveLength(100);
  });
});
