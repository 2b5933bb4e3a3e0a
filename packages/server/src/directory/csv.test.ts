import { describe, expect, it } from "vitest";
import { isFault } from "@tieline/fault";
import { chance } from "./chance.ts";
import { CsvReader, readCsv, type CsvRecord } from "./csv.ts";

function parse(text: string, size = text.length): CsvRecord[] {
  const reader = new CsvReader();
  const records: CsvRecord[] = [];
  for (let i = 0; i < text.length; i += Math.max(1, size)) records.push(...reader.push(text.slice(i, i + Math.max(1, size))));
  return [...records, ...reader.end()];
}

async function bytes(...chunks: Uint8Array[]): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const some of readCsv(ReadableStream.from(chunks))) records.push(...some);
  return records;
}

/** text, and the records with their lines. */
const CASES: readonly [what: string, text: string, records: readonly [line: number, ...fields: string[]][]][] = [
  [
    "fields and records, RFC 4180 2.1 to 2.4",
    "a,b\r\n1,2\r\n",
    [
      [1, "a", "b"],
      [2, "1", "2"],
    ],
  ],
  [
    "no line end after the last record, 2.2",
    "a,b\n1,2",
    [
      [1, "a", "b"],
      [2, "1", "2"],
    ],
  ],
  [
    "quotes around values, 2.5",
    '"a","b"\r\n"1",2\r\n',
    [
      [1, "a", "b"],
      [2, "1", "2"],
    ],
  ],
  [
    "line ends and separators within quotes, 2.6",
    '"a","b"\r\n"x\r\ny","1,2"\nlast,',
    [
      [1, "a", "b"],
      [2, "x\r\ny", "1,2"],
      [4, "last", ""],
    ],
  ],
  [
    "doubled quotes, 2.7",
    '"a"\n"say ""hi"""\n""""\n',
    [
      [1, "a"],
      [2, 'say "hi"'],
      [3, '"'],
    ],
  ],
  [
    "#TYPE before the head, as Windows PowerShell writes it",
    "#TYPE A.B.C\r\na,b\r\n1,2",
    [
      [2, "a", "b"],
      [3, "1", "2"],
    ],
  ],
  [
    "semicolons, as -UseCulture writes them",
    '"a, b";c\n1,5;2',
    [
      [1, "a, b", "c"],
      [2, "1,5", "2"],
    ],
  ],
  [
    "tabs",
    "a\tb\n1\t2",
    [
      [1, "a", "b"],
      [2, "1", "2"],
    ],
  ],
  [
    "bare carriage returns",
    "a,b\r1,2\r",
    [
      [1, "a", "b"],
      [2, "1", "2"],
    ],
  ],
  [
    "empty lines are passed over, their numbers count",
    "a,b\n\n\r\n1,2\n",
    [
      [1, "a", "b"],
      [4, "1", "2"],
    ],
  ],
  [
    "empty values",
    'a,b,c\n,"",\n',
    [
      [1, "a", "b", "c"],
      [2, "", "", ""],
    ],
  ],
  [
    "a quote inside a plain value is a letter",
    'a,b\n5" pipe,2',
    [
      [1, "a", "b"],
      [2, '5" pipe', "2"],
    ],
  ],
  [
    "one column",
    "a\n1",
    [
      [1, "a"],
      [2, "1"],
    ],
  ],
  ["nothing at all", "", []],
];

describe("CsvReader", () => {
  it.each(CASES)("%s: whole, letter by letter, in pieces of three", (_what, text, records) => {
    const expected = records.map(([line, ...fields]) => ({ line, fields }));
    for (const size of [text.length, 1, 3]) expect(parse(text, size)).toEqual(expected);
  });

  it.each([
    ['a\n"x', 2, /never closed/],
    ['a\n1\n"x\ny\nz', 3, /never closed/],
    ['a,b\n"x"y,2', 2, /after a closing quote/],
    [`a\n${"x".repeat(1024 * 1024 + 1)}`, 2, /too long/],
    [`a\n${",".repeat(3000)}`, 2, /too many/],
    ["x".repeat(1024 * 1024 + 1), 1, /no end/],
  ])("names the line of what is no CSV (%#)", (text, line, reason) => {
    for (const size of [text.length, 100_003]) {
      expect(() => parse(text, size)).toThrow(
        expect.objectContaining({ code: "csv-syntax", fields: { line, reason: expect.stringMatching(reason) as string } }) as Error,
      );
    }
  });

  it("works through any text or refuses it with a fault, and pieces do not matter", () => {
    const draw = chance("csv");
    const letters = ['"', ",", ";", "\n", "\r", "a", " ", "#TYPE", "\u00e4", "\t"];
    let accepted = 0;
    for (let round = 0; round < 3000; round += 1) {
      const text = Array.from({ length: draw.below(30) }, () => draw.pick(letters)).join("");
      const outcome = (size: number): unknown => {
        try {
          return parse(text, size);
        } catch (error) {
          if (!isFault(error)) throw error;
          return error.code;
        }
      };
      const whole = outcome(text.length);
      if (typeof whole !== "string") accepted += 1;
      expect(outcome(1), JSON.stringify(text)).toEqual(whole);
    }
    expect(accepted).toBeGreaterThan(1000);
  });
});

describe("readCsv", () => {
  const text = "Name,Text\r\nzoë,\u{1F600}\r\n";
  const expected = [
    { line: 1, fields: ["Name", "Text"] },
    { line: 2, fields: ["zoë", "\u{1F600}"] },
  ];
  const utf16 = (littleEndian: boolean): Uint8Array => {
    const view = new DataView(new ArrayBuffer(text.length * 2));
    for (let i = 0; i < text.length; i += 1) view.setUint16(i * 2, text.charCodeAt(i), littleEndian);
    return new Uint8Array(view.buffer);
  };
  it.each([
    ["UTF-8", new TextEncoder().encode(text)],
    ["UTF-8 with its mark", Uint8Array.from([0xef, 0xbb, 0xbf, ...new TextEncoder().encode(text)])],
    ["UTF-16 little-endian, as Windows PowerShell's -Encoding Unicode", Uint8Array.from([0xff, 0xfe, ...utf16(true)])],
    ["UTF-16 big-endian", Uint8Array.from([0xfe, 0xff, ...utf16(false)])],
  ])("reads %s, whole and byte by byte", async (_encoding, whole) => {
    expect(await bytes(whole)).toEqual(expected);
    expect(await bytes(...Array.from(whole, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it("refuses what is neither, near the line", async () => {
    await expect(bytes(new TextEncoder().encode("a\nb\n"), Uint8Array.of(0xff, 0xfe, 0xfd))).rejects.toMatchObject({
      code: "csv-encoding",
      fields: { line: 3 },
    });
    await expect(bytes(new TextEncoder().encode("a\nb\n"), Uint8Array.of(0xe2))).rejects.toMatchObject({ code: "csv-encoding" });
  });

  it("reads files of up to three bytes", async () => {
    expect(await bytes()).toEqual([]);
    expect(await bytes(Uint8Array.of(0x61))).toEqual([{ line: 1, fields: ["a"] }]);
    expect(await bytes(Uint8Array.of(0xef, 0xbb, 0xbf))).toEqual([]);
  });
});
