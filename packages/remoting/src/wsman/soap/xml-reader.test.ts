import { Fault } from "@tieline/fault";
import { expect, test } from "vitest";
import { child, childrenOf, detached, parseXml, textOf, type XmlElement } from "./xml-reader.ts";

function parse(text: string, options?: Parameters<typeof parseXml>[1]): XmlElement {
  return parseXml(Buffer.from(text), options);
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return "accepted";
}

const LONG = Buffer.alloc(3000, 0x5a).toString("base64");

test.each([
  ["other prefixes", `<q:a xmlns:q="urn:x"><q:b>t</q:b></q:a>`],
  ["default namespaces", `<a xmlns="urn:x"><b>t</b></a>`],
  ["single quotes", `<a xmlns='urn:x'><b>t</b></a>`],
  ["comments", `<!--x--><a xmlns="urn:x"><!-- <b>no</b> --><b>t<!--y--></b></a><!--z-->`],
  ["an XML declaration", `<?xml version="1.0" encoding="UTF-8"?><a xmlns="urn:x"><b>t</b></a>`],
  ["pretty printing", `<a\n  xmlns="urn:x">\n  <b>\n    t\n  </b>\n</a>\n`],
  ["CDATA", `<a xmlns="urn:x"><b><![CDATA[t]]></b></a>`],
  ["references", `<a xmlns="urn:x"><b>&#116;</b></a>`],
])("tolerates %s", (_, text) => {
  const root = parse(text);
  expect(root.ns).toBe("urn:x");
  expect(root.name).toBe("a");
  expect(textOf(root, "urn:x", "b")).toBe("t");
});

test("keeps attributes by local name, and by namespace where they have one", () => {
  const root = parse(`<a xmlns:s="urn:s" Name="n" s:must="true" xml:lang="en" __proto__="p"/>`);
  expect(root.attributes["Name"]).toBe("n");
  expect(root.attributes["{urn:s}must"]).toBe("true");
  expect(root.attributes["{http://www.w3.org/XML/1998/namespace}lang"]).toBe("en");
  expect(root.attributes["__proto__"]).toBe("p");
  expect(root.attributes["toString"]).toBeUndefined();
});

test.each([
  ["a document type", `<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`, "wsman-xml-invalid"],
  ["an undeclared entity", `<a>&e;</a>`, "wsman-xml-invalid"],
  ["a processing instruction", `<?php x?><a/>`, "wsman-xml-invalid"],
  ["an unclosed element", `<a><b></a>`, "wsman-xml-invalid"],
  ["an undeclared prefix", `<q:a/>`, "wsman-xml-invalid"],
  ["two roots", `<a/><b/>`, "wsman-xml-invalid"],
  ["an attribute twice", `<a b="1" b="2"/>`, "wsman-xml-invalid"],
  ["nothing", ``, "wsman-xml-invalid"],
  ["text alone", `hello`, "wsman-xml-invalid"],
  ["a control character", `<a>\u0001</a>`, "wsman-xml-invalid"],
  ["a reference to one", `<a>&#1;</a>`, "wsman-xml-invalid"],
  ["a name that was not escaped", `<a Name="a<b & "c""/>`, "wsman-xml-invalid"],
  ["another encoding declared", `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`, "wsman-encoding-unsupported"],
  ["a byte order mark, where it is not expected", `\uFEFF<a/>`, "wsman-xml-invalid"],
])("refuses %s", (_, text, code) => {
  expect(codeOf(() => parse(text))).toBe(code);
});

test("refuses what is not UTF-8", () => {
  expect(codeOf(() => parseXml(Buffer.from("\uFEFF<a/>", "utf16le")))).toBe("wsman-encoding-unsupported");
  expect(codeOf(() => parseXml(Buffer.from("<a/>", "utf16le")))).toBe("wsman-encoding-unsupported");
  expect(codeOf(() => parseXml(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0xfe, 0x3c, 0x2f, 0x61, 0x3e])))).toBe("wsman-encoding-unsupported");
});

test("a service tolerates a byte order mark", () => {
  expect(parse(`\uFEFF<a/>`, { bom: true }).name).toBe("a");
});

test("depth, elements, attributes and size are bounded", () => {
  expect(codeOf(() => parse("<a>".repeat(64) + "</a>".repeat(64)))).toBe("accepted");
  expect(codeOf(() => parse("<a>".repeat(65) + "</a>".repeat(65)))).toBe("wsman-xml-invalid");
  expect(codeOf(() => parse(`<a>${"<b/>".repeat(10)}</a>`, { limits: { elements: 10 } }))).toBe("wsman-xml-invalid");
  const many = Array.from({ length: 300 }, (_, i) => `a${i}=""`).join(" ");
  expect(codeOf(() => parse(`<a ${many}/>`))).toBe("wsman-xml-invalid");
  expect(codeOf(() => parse(`<a>${"x".repeat(100)}</a>`, { limits: { size: 50 } }))).toBe("wsman-envelope-too-large");
});

test.each([
  ["a text", `<r><a>${LONG}</a></r>`, (root: XmlElement) => child(root, "", "a")?.text, LONG],
  [
    "texts beside each other",
    `<r><a>${LONG}</a><a>${LONG}A===</a></r>`,
    (root: XmlElement) =>
      childrenOf(root, "", "a")
        .map(({ text }) => text)
        .join("|"),
    `${LONG}|${LONG}A===`,
  ],
  ["a text with more around it", `<r><a> ${LONG}</a></r>`, (root: XmlElement) => child(root, "", "a")?.text, ` ${LONG}`],
  ["a text between comments", `<r><a><!--x-->${LONG}<!--y-->Q</a></r>`, (root: XmlElement) => child(root, "", "a")?.text, `${LONG}Q`],
  ["CDATA", `<r><a><![CDATA[x>${LONG}]]></a></r>`, (root: XmlElement) => child(root, "", "a")?.text, `x>${LONG}`],
  ["an attribute", `<r><a b="x>${LONG}"/></r>`, (root: XmlElement) => child(root, "", "a")?.attributes["b"], `x>${LONG}`],
  ["a comment", `<r><!-- > ${LONG} --><a>t</a></r>`, (root: XmlElement) => child(root, "", "a")?.text, "t"],
])("a long run of base64 in %s comes out as it went in", (_, text, look, expected) => {
  expect(look(parse(text))).toBe(expected);
});

test("marks of the fast path cannot be forged", () => {
  const root = parse(`<r><a>\uE0FF0\uE0FF</a><b>${LONG}</b></r>`);
  expect(child(root, "", "a")?.text).toBe("\uE0FF0\uE0FF");
  expect(child(root, "", "b")?.text).toBe(LONG);
  // Written as references, so that the raw text does not show them.
  const hidden = parse(`<r><a>&#xE0FF;0&#xE0FF;</a><b>${LONG}</b></r>`);
  expect([LONG, "\uE0FF0\uE0FF"]).toContain(child(hidden, "", "a")?.text);
  const none = parse(`<r><a>&#xE0FF;7&#xE0FF;</a><a>x&#xE0FF;7&#xE0FF;</a><b>${LONG}</b></r>`);
  expect(childrenOf(none, "", "a").map(({ text }) => text)).toEqual(["\uE0FF7\uE0FF", "x\uE0FF7\uE0FF"]);
});

test.each([
  ["elements", (n: number) => `<r>${"<a/>".repeat(n)}</r>`],
  ["text in pieces", (n: number) => `<r>${"x<!---->".repeat(n)}</r>`],
  ["references", (n: number) => `<r>${"&amp;".repeat(n)}</r>`],
  ["greater-than signs", (n: number) => `<r>${">".repeat(n)}</r>`],
  ["base64", (n: number) => `<r>${"QUJD".repeat(n)}</r>`],
  ["unfinished markup", (n: number) => `<r>${"<a ".repeat(n)}`],
])("the time is linear in %s", (_, make) => {
  const time = (n: number): number => {
    const bytes = Buffer.from(make(n));
    const start = performance.now();
    codeOf(() => parseXml(bytes, { limits: { elements: 1_000_000 } }));
    return performance.now() - start;
  };
  time(20_000);
  const small = Math.max(time(20_000), 2);
  expect(time(160_000)).toBeLessThan(small * 8 * 6);
});

test("a detached text is the same text", () => {
  const text = `${"x".repeat(40)}\uD83D\uDE00\uD800`;
  expect(detached(text)).toBe(text);
});
