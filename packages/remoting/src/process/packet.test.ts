import { expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { parseLine, serializeError, serializePacket, SESSION, type Packet } from "./packet.ts";

const ID = "f31c0e0b-7f0d-490c-8b9e-c69c3b075d26";
const bytes = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 255);
const base64 = Buffer.from(bytes).toString("base64");
const parse = (line: string): Packet[] => [...parseLine(Buffer.from(line))];
const data: Packet = { element: "Data", id: ID, stream: "default", bytes };

function codeOf(line: string): string {
  try {
    return JSON.stringify(parse(line));
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
}

test.each<[Packet, string]>([
  [data, `<Data Stream='Default' PSGuid='${ID}'>${base64}</Data>\n`],
  [{ ...data, stream: "prompt-response" }, `<Data Stream='PromptResponse' PSGuid='${ID}'>${base64}</Data>\n`],
  [{ element: "DataAck", id: SESSION }, `<DataAck PSGuid='${SESSION}' />\n`],
  [{ element: "Command", id: ID }, `<Command PSGuid='${ID}' />\n`],
  [{ element: "CommandAck", id: ID }, `<CommandAck PSGuid='${ID}' />\n`],
  [{ element: "Signal", id: ID }, `<Signal PSGuid='${ID}' />\n`],
  [{ element: "SignalAck", id: ID }, `<SignalAck PSGuid='${ID}' />\n`],
  [{ element: "Close", id: SESSION }, `<Close PSGuid='${SESSION}' />\n`],
  [{ element: "CloseAck", id: SESSION }, `<CloseAck PSGuid='${SESSION}' />\n`],
])("$element is written as PowerShell writes it, and read back", (packet, line) => {
  expect(Buffer.from(serializePacket(packet)).toString()).toBe(line);
  expect(parse(line.trimEnd())).toEqual([packet].map((p) => (p.element === "Data" ? { ...p, bytes: Buffer.from(bytes) } : p)));
});

test.each([
  ["double quotes", `<Data Stream="Default" PSGuid="${ID}">${base64}</Data>`],
  ["another order", `<Data PSGuid='${ID}' Stream='Default'>${base64}</Data>`],
  ["an upper-case id", `<Data Stream='Default' PSGuid='${ID.toUpperCase()}'>${base64}</Data>`],
  ["white space within Base64", `<Data Stream='Default' PSGuid='${ID}'>AAAA AAAA\tAAH/ </Data>`],
  ["a carriage return", `<Data Stream='Default' PSGuid='${ID}'>${base64}</Data>\r`],
  ["white space in tags", `  <Data  Stream = 'Default'  PSGuid='${ID}' >${base64}</Data > `],
])("tolerated as PowerShell does: %s", (_, line) => {
  const [packet] = parse(line);
  expect(packet).toMatchObject({ element: "Data", id: ID, stream: "default" });
  expect([...(packet as { bytes: Uint8Array }).bytes]).toEqual([...bytes]);
});

test("an element may be written long, and a line may hold several", () => {
  expect(parse(`<Close PSGuid='${ID}'></Close><Signal PSGuid='${SESSION}'/>`).map((p) => p.element)).toEqual(["Close", "Signal"]);
  expect(parse("")).toEqual([]);
  expect(parse(" \r")).toEqual([]);
});

test("another name of a stream is told as unknown", () => {
  expect(parse(`<Data Stream='Zork' PSGuid='${ID}'>${base64}</Data>`)[0]).toMatchObject({ stream: undefined });
});

test.each([
  ["Welcome", "process-stray-text"],
  [`Welcome<Close PSGuid='${ID}'/>`, "process-stray-text"],
  ["__NamedPipeError__:my text", "process-peer-error"],
  [`<Foo PSGuid='${ID}'/>`, "process-unknown-element"],
  [`<toString PSGuid='${ID}'/>`, "process-unknown-element"],
  [`<close PSGuid='${ID}'/>`, "process-unknown-element"],
  [`<Data PSGuid='${ID}'>${base64}</Data>`, "process-attributes"],
  [`<Data Stream='Default'>${base64}</Data>`, "process-attributes"],
  [`<Data Stream='Default' PSGuid='${ID}' X=''>${base64}</Data>`, "process-attributes"],
  [`<Data Stream='Default' Stream='Default'>${base64}</Data>`, "process-attributes"],
  [`<Data Stream='Default' PSGuid='${ID}'/>`, "process-malformed"],
  [`<Data Stream='Default' PSGuid='${ID}'>${base64}`, "process-malformed"],
  [`<Data Stream='Default' PSGuid='${ID}'>${base64}</Data`, "process-malformed"],
  [`<Data Stream='Default' PSGuid='zork'>${base64}</Data>`, "process-malformed"],
  [`<Close/>`, "process-malformed"],
  [`<Close PSGuid='${ID}'>x</Close>`, "process-malformed"],
  [`<Close PSGuid='${ID}'/>tail`, "process-malformed"],
  [`<Close PSGuid='${ID}'`, "process-malformed"],
  [`<Close PSGuid=${ID}/>`, "process-malformed"],
  [`<Data Stream='Default' PSGuid='${ID}'>AAA</Data>`, "process-base64"],
  [`<Data Stream='Default' PSGuid='${ID}'>AA=A</Data>`, "process-base64"],
  [`<Data Stream='Default' PSGuid='${ID}'>A===</Data>`, "process-base64"],
  [`<Data Stream='Default' PSGuid='${ID}'>AAAA====</Data>`, "process-base64"],
  [`<Data Stream='Default' PSGuid='${ID}'>AA==AAAA</Data>`, "process-base64"],
  [`<Data Stream='Default' PSGuid='${ID}'>AA-_</Data>`, "process-base64"],
  [`<Data Stream='Default' PSGuid='${ID}'>&lt;AA</Data>`, "process-base64"],
])("refused: %s", (line, code) => {
  expect(codeOf(line)).toBe(code);
});

test("a peer's text is shown short and without control characters", () => {
  expect(() => parse(`\u001b[31mHi${"x".repeat(5000)}`)).toThrow(/Error reported: \[31mHix{290,300} \.\.\.\./);
});

test("an error line carries a text in one line", () => {
  const line = Buffer.from(serializeError("one\n two")).toString();
  expect(line).toBe("__NamedPipeError__:one two\n");
  expect(() => parse(line.trimEnd())).toThrow("The background process reported an error with the following message: one two.");
});

test("a hostile tag of any size is refused at once", () => {
  const started = performance.now();
  expect(codeOf(`<Data${" a".repeat(500_000)}`)).toBe("process-malformed");
  expect(codeOf(`<Data${" a=''".repeat(100)}${" ".repeat(500)}=>`)).toBe("process-malformed");
  expect(performance.now() - started).toBeLessThan(1000);
});
