import { isFault } from "@tieline/fault";
import { expect, test } from "vitest";
import { answerPieces, ANSWER_OVERHEAD, parseEnvelope, writeRequest, type Envelope, type WsmanHeader } from "./envelope.ts";
import { measure } from "./xml-writer.ts";

const FULL: WsmanHeader = {
  to: "https://host:5986/wsman?PSVersion=7.6.5;x=<&>",
  action: "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create",
  messageId: "uuid:0474CF7E-60C9-0006-0000-000000010000",
  resourceUri: "http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
  selectors: { ShellId: "3F498F53-1016-4EC8-816D-600B6ADCEE0E", "a<b": 'c"d' },
  options: [
    { name: "protocolversion", value: "2.3", mustComply: true },
    { name: "WINRS_NOPROFILE", value: "1" },
  ],
  maxEnvelopeSize: 512_000,
  operationTimeoutMs: 180_000,
  locale: "en-US",
  dataLocale: "de-DE",
  sessionId: "uuid:9A33A0EC-A837-46BC-9A96-6382C9E94BDF",
  operationId: "uuid:1",
  sequenceId: 1,
  compression: "xpress",
};

test("all headers, there and back", () => {
  const { header, problem } = parseEnvelope(writeRequest(FULL, []));
  expect(problem).toBeUndefined();
  expect(JSON.parse(JSON.stringify(header))).toEqual(FULL);
});

test.each(Object.keys(FULL))("the header without %s, there and back", (key) => {
  const rest = Object.fromEntries(Object.entries(FULL).filter(([name]) => name !== key));
  expect(JSON.parse(JSON.stringify(parseEnvelope(writeRequest(rest, [])).header))).toEqual(rest);
});

const S = "http://www.w3.org/2003/05/soap-envelope";
const W = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd";

function headed(inner: string): Envelope {
  return parseEnvelope(
    Buffer.from(
      `<s:Envelope xmlns:s="${S}" xmlns:w="${W}" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>${inner}</s:Header><s:Body/></s:Envelope>`,
    ),
  );
}

test.each([
  [`<w:OperationTimeout>soon</w:OperationTimeout>`, "wsman-header-invalid"],
  [`<w:MaxEnvelopeSize>many</w:MaxEnvelopeSize>`, "wsman-header-invalid"],
  [`<w:SelectorSet><w:Selector>x</w:Selector></w:SelectorSet>`, "wsman-header-invalid"],
  [`<w:SelectorSet><w:Selector Name="a">1</w:Selector><w:Selector Name="a">2</w:Selector></w:SelectorSet>`, "wsman-header-invalid"],
  [`<w:OptionSet><w:Option>x</w:Option></w:OptionSet>`, "wsman-header-invalid"],
  [`<q:Zork xmlns:q="urn:q" s:mustUnderstand="true"/>`, "wsman-header-not-understood"],
  [`<q:Zork xmlns:q="urn:q" s:mustUnderstand="1"/>`, "wsman-header-not-understood"],
  [`<w:Locale xml:lang="fr-FR" s:mustUnderstand="true"/>`, "wsman-locale-unsupported"],
  [`<q:Zork xmlns:q="urn:q"/>`, undefined],
  [`<q:Zork xmlns:q="urn:q" s:mustUnderstand="false"/>`, undefined],
  [`<w:Locale xml:lang="fr-FR" s:mustUnderstand="false"/>`, undefined],
  [`<w:Locale xml:lang="en-GB" s:mustUnderstand="true"/>`, undefined],
  [`<w:OptionSet s:mustUnderstand="true"></w:OptionSet>`, undefined],
])("the header %s: %s, and the message id is known all the same, DSP0226 5.2", (inner, code) => {
  const { header, problem } = headed(`${inner}<a:MessageID>uuid:7</a:MessageID>`);
  expect(problem?.code).toBe(code);
  expect(header.messageId).toBe("uuid:7");
});

test.each([
  ["<a/>", /root/],
  [`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>`, /SOAP 1\.2/],
  [`<s:Envelope xmlns:s="${S}"/>`, /Body/],
])("%s is no envelope", (text, reason) => {
  try {
    parseEnvelope(Buffer.from(text));
    expect.unreachable();
  } catch (error) {
    expect(isFault(error) && error.message).toMatch(reason);
  }
});

test("an answer's headers take no more than is kept free for them", () => {
  const longest = {
    action: `http://schemas.microsoft.com/wbem/wsman/1/windows/shell/ReceiveResponse`,
    messageId: "uuid:".padEnd(41, "0"),
    relatesTo: "x".repeat(100),
  };
  expect(measure(answerPieces(longest, ["<rsp:ReceiveResponse></rsp:ReceiveResponse>"]))).toBeLessThan(ANSWER_OVERHEAD);
});
