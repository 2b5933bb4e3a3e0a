import { expect, test } from "vitest";
import { DateTime, Double, PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";
import { Printer, type Format, type PrinterOptions } from "./printer.ts";
import { table } from "./table.ts";
import { fit, printable, widthOf } from "./width.ts";

async function print(format: Format, values: readonly PsValue[], options: Partial<PrinterOptions> = {}): Promise<string> {
  let out = "";
  const printer = new Printer({ format, width: 80, write: (text) => void (out += text), ...options });
  for (const value of values) await printer.add(value);
  await printer.end();
  return out;
}

const ALICE = PsObject.of({ Name: "Alice", Enabled: true, Age: 42, Tags: ["a", "b"], Big: 9007199254740993n });
const BOB = PsObject.of({ Name: 'Bob, "B"', Enabled: false, Age: 7, Tags: [], Big: 1n });

test("json is one array, also when empty", async () => {
  expect(JSON.parse(await print("json", [ALICE, BOB]))).toEqual([
    { Name: "Alice", Enabled: true, Age: 42, Tags: ["a", "b"], Big: "9007199254740993" },
    { Name: 'Bob, "B"', Enabled: false, Age: 7, Tags: [], Big: 1 },
  ]);
  expect(await print("json", [])).toBe("[]\n");
});

test("jsonl is a line a value", async () => {
  expect(await print("jsonl", [1, "x", null, new Double(2.5)])).toBe('1\n"x"\nnull\n2.5\n');
});

test("csv quotes as RFC 4180, columns from the first object", async () => {
  expect(await print("csv", [ALICE, BOB])).toBe(
    'Name,Enabled,Age,Tags,Big\r\nAlice,True,42,a;b,9007199254740993\r\n"Bob, ""B""",False,7,,1\r\n',
  );
});

test("a table has the declared columns, numbers to the right", async () => {
  expect(await print("table", [ALICE, BOB], { viewOf: () => ({ kind: "table", columns: ["Name", "Age"] }) })).toBe(
    'Name      Age\n--------  ---\nAlice      42\nBob, "B"    7\n',
  );
});

test("a list lines its names up", async () => {
  expect(await print("list", [PsObject.of({ A: 1, Longer: "x" })])).toBe("A      : 1\nLonger : x\n");
});

test("yaml quotes what could be read as something else", async () => {
  expect(await print("yaml", [PsObject.of({ a: "true", b: "plain text", c: [1, "x"], d: null })])).toBe(
    '- a: "true"\n  b: plain text\n  c:\n    - 1\n    - x\n  d: null\n',
  );
});

test("a query works on the whole result, in each format", async () => {
  expect(JSON.parse(await print("json", [ALICE, BOB], { query: "[].Name" }))).toEqual(["Alice", 'Bob, "B"']);
  expect(await print("table", [ALICE, BOB], { query: "[?Age > `10`].{n: Name}" })).toBe("n\n-----\nAlice\n");
});

test("a secret is never printed, a control character never reaches the terminal", async () => {
  expect(await print("json", [new SecureString("hush")])).not.toContain("hush");
  expect(await print("list", [new SecureString("hush")])).not.toContain("hush");
  expect(printable("a\u001b[2Jb")).toBe("a�[2Jb");
});

test("dates are local in a table, ISO in data", async () => {
  const when = DateTime.fromDate(new Date(2026, 0, 2, 3, 4, 5));
  expect(await print("table", [PsObject.of({ When: when })])).toContain("2026-01-02 03:04:05");
  expect(await print("jsonl", [when])).toContain("T");
});

test("no line is wider than the terminal, whatever the values", () => {
  for (const width of [10, 20, 40, 79]) {
    const { lines } = table(
      [{ title: "Name" }, { title: "日本語のなまえ" }, { title: "C" }, { title: "D" }],
      [["x".repeat(100), "漢字".repeat(30), "1", ""]],
      width,
    );
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(Math.max(width, 5));
  }
  expect(fit("漢字漢字", 5)).toBe("漢字…");
});
