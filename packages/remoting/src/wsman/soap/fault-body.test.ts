import { CATALOGUE, Fault, type FaultCode } from "@tieline/fault";
import { expect, test } from "vitest";
import { answerPieces, parseEnvelope } from "./envelope.ts";
import { faultOf, isTimedOut, readFault, writeFault, type FaultBody } from "./fault-body.ts";
import { serialize } from "./xml-writer.ts";

function read(inner: string): FaultBody {
  const xml = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"><s:Body>${inner}</s:Body></s:Envelope>`;
  const fault = readFault(parseEnvelope(Buffer.from(xml)).body);
  if (fault === undefined) throw new Error("no fault");
  return fault;
}

const WSMAN_CODES = (Object.keys(CATALOGUE) as FaultCode[]).filter((code) => "wsman" in CATALOGUE[code]);

test.each(WSMAN_CODES)("%s goes over the wire and is recognised, DSP0226 14", (code) => {
  const fields = new Proxy({}, { get: (_, name) => `<${String(name)}> & more`, has: () => true });
  const fault = new (Fault as unknown as new (code: FaultCode, fields: object) => Fault)(code, fields);
  const { action, body } = writeFault(fault, `PC"1<`);
  const envelope = parseEnvelope(serialize(answerPieces({ action, messageId: "uuid:1" }, [body])));
  const back = readFault(envelope.body);
  expect(back?.reason).toBe(fault.message.replace(/\s+/g, " "));
  expect(back?.message).toBe(back?.reason);
  expect(back === undefined ? undefined : faultOf(back, "Create").code).toBe(code);
  expect(envelope.header.action).toMatch(/\/fault$/);
});

test("the number may be an HRESULT in an MSFT_WmiError, as Windows answers a full quota", () => {
  const fault = read(
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:QuotaLimit</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">reason</s:Text></s:Reason><s:Detail>` +
      `<p:MSFT_WmiError xmlns:p="urn:p"><p:MessageID>HRESULT 0x803381a5</p:MessageID><p:Message>detail</p:Message></p:MSFT_WmiError></s:Detail></s:Fault>`,
  );
  expect(fault).toMatchObject({ number: 2150859173, message: "detail", reason: "reason", side: "Sender" });
  expect(faultOf(fault, "Create")).toMatchObject({ code: "shell-quota-user", said: "reason detail" });
});

test("the text may stand in a provider's fault", () => {
  const fault = read(
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>why</s:Text></s:Reason><s:Detail><f:WSManFault Code="-2144108453"><f:Message><f:ProviderFault provider="x">deep\n  text</f:ProviderFault></f:Message></f:WSManFault></s:Detail></s:Fault>`,
  );
  expect(fault.message).toBe("deep text");
  expect(fault.number).toBe(2150858843);
});

test("a redirection tells where to go", () => {
  const fault = read(
    `<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Detail><f:WSManFault Code="2150859161"><f:Message><f:ProviderFault><t:RedirectLocation xmlns:t="urn:t">https://other/wsman</t:RedirectLocation></f:ProviderFault></f:Message></f:WSManFault></s:Detail></s:Fault>`,
  );
  expect(faultOf(fault, "Create").message).toContain("https://other/wsman");
});

test("only a Receiver's TimedOut means: ask again", () => {
  const timedOut = (side: string) =>
    read(`<s:Fault><s:Code><s:Value>s:${side}</s:Value><s:Subcode><s:Value>q:TimedOut</s:Value></s:Subcode></s:Code></s:Fault>`);
  expect(isTimedOut(timedOut("Receiver"))).toBe(true);
  expect(isTimedOut(timedOut("Sender"))).toBe(false);
  expect(faultOf(timedOut("Receiver"), "Receive").code).toBe("wsman-timed-out");
});

test("what nobody knows is told in the peer's words", () => {
  const fault = faultOf(
    read(`<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>zork is out</s:Text></s:Reason></s:Fault>`),
    "Create",
  );
  expect(fault.code).toBe("wsman-refused");
  expect(fault.message).toContain("zork is out");
  expect(faultOf(read(`<s:Fault/>`), "Create").code).toBe("wsman-refused");
});
