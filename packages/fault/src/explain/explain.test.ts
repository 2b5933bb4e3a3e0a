import { expect, test, describe } from "vitest";
import { CATALOGUE, type FaultCode } from "../catalogue.ts";
import type { FaultEntry } from "../entry.ts";
import { compile, fill, placeholders } from "../template.ts";
import { explain } from "./explain.ts";
import { KNOWN_TEXTS, MARKS } from "./known-texts.fixture.ts";
import { MAX_PASTE } from "./unwrap.ts";
import { WRAPPINGS } from "./wrappings.fixture.ts";

const ENTRIES = Object.entries(CATALOGUE) as [FaultCode, FaultEntry][];

describe.each(Object.entries(WRAPPINGS))("%s", (_name, wrap) => {
  test.each(ENTRIES)("%s is recognised", (code, entry) => {
    for (const template of [entry.text, ...(entry.also ?? [])]) {
      if (compile(template).weight < 12) continue;
      const text = fill(template, Object.fromEntries(placeholders(template).map((name, i) => [name, `${name}-${i}`])));
      const { findings } = explain(wrap(text));
      expect(findings.map((each) => each.code)[0]).toBe(code);
    }
  });

  test.each(KNOWN_TEXTS)("%s", (text, code) => {
    expect(explain(wrap(text)).findings[0]?.code).toBe(code);
  });
});

test.each(MARKS)("%s is recognised in any language", (text, code) => {
  expect(explain(text).findings[0]?.code).toBe(code);
});

test("tells which fields the text named", () => {
  const [first] = explain(
    "Get-CsWebTicket : Logon failed for the user\n 'kenmyer@litwareinc.com'. Please create a new PSCredential object",
  ).findings;
  expect(first).toMatchObject({ code: "logon-failed", fields: { user: "kenmyer@litwareinc.com" }, station: "token" });
  expect(first?.commands).toContain("tieline connect kenmyer@litwareinc.com");
  expect(first?.causes.every(({ confirm }) => confirm !== undefined)).toBe(true);
});

test("a name that the console broke is whole again", () => {
  const [first] = explain("Logon failed for the user 'kenmyer@litware\r\ninc.com'. Please create a new").findings;
  expect(first?.fields).toEqual({ user: "kenmyer@litwareinc.com" });
});

test("texts that are none of ours stay unknown", () => {
  for (const text of [
    "error TS2304: Cannot find name 'foo'.",
    "Segmentation fault (core dumped)",
    "fatal: not a git repository (or any of the parent directories): .git",
    "The quick brown fox jumps over the lazy dog, and the service is running on the remote host.",
    "ORA-00942: table or view does not exist",
    "npm ERR! code ELIFECYCLE",
  ])
    expect(explain(text).findings.map(({ code }) => code)).toEqual([]);
});

test("damaged texts end in an answer, and hold no letter that was not there", () => {
  let seed = 7;
  const next = (limit: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % limit;
  const wrappings = Object.values(WRAPPINGS);
  for (let i = 0; i < 3000; i++) {
    const [text] = KNOWN_TEXTS[next(KNOWN_TEXTS.length)] as readonly [string, string];
    let pasted = (wrappings[next(wrappings.length)] as (text: string) => string)(text);
    for (let cut = next(4); cut > 0; cut--) {
      const at = next(pasted.length + 1);
      pasted = pasted.slice(0, at) + String.fromCharCode(next(0xffff)) + pasted.slice(at + next(20));
    }
    for (const { code, fields } of explain(pasted).findings) {
      expect(CATALOGUE).toHaveProperty([code]);
      for (const value of Object.values(fields)) expect(value.length).toBeLessThan(1500);
    }
  }
});

test("a command to copy never holds what a shell would run", () => {
  const [first] = explain("Logon failed for the user 'a@b.c; rm -rf ~'. Please create a new PSCredential object").findings;
  expect(first?.commands).toContain("tieline connect USER");
});

test("what the text does not name stands in capitals", () => {
  expect(explain("error code : 2150858811").findings[0]?.message).toContain("(URI)");
});

test("one sentence of a long text is enough, if no other text has it", () => {
  expect(explain("Close existing shells or raise the quota for this tenant.").findings[0]).toMatchObject({
    code: "shell-quota-tenant",
    by: "a sentence of its text",
  });
  expect(explain("The WS-Management service cannot process the request.").recognised).toBe(false);
});

test("two errors in one paste are both told, the surer first", () => {
  const codes = explain("Tenant Domain is empty\n...\nMicro delay applied. Actual delayed: 21956 msecs, Enforced: True").findings.map(
    ({ code }) => code,
  );
  expect(codes).toContain("tenant-domain-empty");
  expect(codes).toContain("micro-delay");
});

test("an unknown text is said to be unknown, with what is nearest", () => {
  const unknown = explain("the shells of the user are too many, maximum exceeded, concurrent");
  expect(unknown.recognised).toBe(false);
  expect(unknown.nearest[0]?.code).toBe("shell-quota-user");
  expect(explain("The cat sat on the mat.")).toMatchObject({ recognised: false, nearest: [] });
  expect(explain("")).toMatchObject({ recognised: false, findings: [] });
});

test("an unknown code is at least told by its family", () => {
  expect(explain("AADSTS999999: no").unknownCodes).toMatchObject([{ code: "AADSTS999999" }]);
  expect(explain("0x80338FFF").unknownCodes[0]?.family).toContain("WS-Management");
  expect(explain("HTTP 418").unknownCodes[0]?.family).toContain("refused");
});

test("reads a quarter of a mebibyte and says so where there was more", () => {
  expect(explain("The maximum number of concurrent ".repeat(32_000)).cut).toBe(true);
  expect(explain(`${" ".repeat(MAX_PASTE - 30)}Tenant Domain is empty`)).toMatchObject({ cut: false, recognised: true });
});

test.each([
  ["braces", "{".repeat(300_000)],
  ["JSON depth", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ["tags", "<a ".repeat(100_000)],
  ["closing tags", "</a".repeat(100_000)],
  ["escapes", "\u001b[".repeat(100_000)],
  ["entities", "&#".repeat(100_000)],
  ["quotation", "> ".repeat(100_000)],
  ["prompts", "PS PS PS>".repeat(30_000)],
  ["numbers", "error code : 99 ".repeat(20_000)],
  ["words of texts", "port refused the connection. ".repeat(10_000)],
  ["half characters", "\ud800\udfff\ud800".repeat(50_000)],
  ["plus signs", "+ ".repeat(130_000)],
  ["FullyQualifiedErrorId", "FullyQualifiedErrorId : ".repeat(10_000)],
])("hostile input of many %s ends in an answer", (_what, text) => {
  expect(explain(text)).toHaveProperty("recognised");
});
