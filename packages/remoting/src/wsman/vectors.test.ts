/** The recorded exchanges of PowerShell's own client that come with this package; `npm run conformance` has all of them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkRequest, checkSealed } from "./testing/check-request.ts";
import { parseRecording, rawRequest, type Recording } from "./testing/recording.ts";
import { replayClient } from "./testing/replay-client.ts";
import { replayServer } from "./testing/replay-server.ts";
import { refusal } from "./testing/strict-client.ts";

const FOLDER = join(import.meta.dirname, "../../vectors/wsman");

const RECORDINGS: Recording[] = [FOLDER, join(FOLDER, "tol")].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => {
      const base = join(folder, file.slice(0, -".jsonl".length));
      const rules = existsSync(`${base}.rules.json`) ? readFileSync(`${base}.rules.json`, "utf8") : undefined;
      return parseRecording(
        file.slice(0, -".jsonl".length),
        readFileSync(`${base}.jsonl`, "utf8"),
        readFileSync(`${base}.out`, "utf8"),
        rules,
      );
    }),
);

test("there is a selection of the recordings", () => {
  expect(RECORDINGS.length).toBeGreaterThanOrEqual(20);
});

test.each(RECORDINGS.map((recording) => [recording.name, recording] as const))(
  "%s: each request is understood and written again",
  (_, { lines }) => {
    const wrong: string[] = [];
    let count = 0;
    for (const [i, line] of lines.entries()) {
      if (line.dir !== "c2s" && line.dir !== "c2s-encrypted") continue;
      const body = line.dir === "c2s" ? line.body : lines[i + 1]?.body;
      if (body === undefined || body === "") continue;
      count++;
      const reason = line.dir === "c2s" ? checkRequest(body) : checkSealed(line, body);
      if (reason !== undefined) wrong.push(`${line.n}: ${reason}`);
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(0);
  },
);

test.each(RECORDINGS.map((recording) => [recording.name, recording] as const))(
  "%s: that client goes on with our service's answers",
  (_, recording) => {
    const judged = replayServer(recording);
    expect(judged.filter(({ reason }) => reason !== undefined)).toEqual([]);
    expect(judged.length).toBeGreaterThan(1);
  },
);

test.each(RECORDINGS.map((recording) => [recording.name, recording] as const))(
  "%s: our client comes to that client's verdict",
  (_, recording) => {
    const judged = replayClient(recording);
    expect(judged.filter(({ reason }) => reason !== undefined)).toEqual([]);
    expect(judged.length).toBeGreaterThan(0);
  },
);

const ASKED = rawRequest(
  `<a:Action>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive</a:Action><a:MessageID>uuid:1</a:MessageID><w:MaxEnvelopeSize>512000</w:MaxEnvelopeSize>`,
);
const ONE = Buffer.concat([Buffer.alloc(20), Buffer.from([1]), Buffer.from("x")]).toString("base64");
const GOOD =
  `<s:Envelope xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><a:Action>${ASKED.action}Response</a:Action><a:RelatesTo>uuid:1</a:RelatesTo>` +
  `<rsp:Stream Name="stdout">${ONE}</rsp:Stream></s:Envelope>`;
const FAULT =
  `<s:Envelope xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/fault</a:Action><a:RelatesTo>uuid:1</a:RelatesTo>` +
  `<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:QuotaLimit</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">no</s:Text></s:Reason>` +
  `<f:WSManFault Code="1" Machine=""><f:Message>no</f:Message></f:WSManFault></s:Envelope>`;

test("the judge lets good answers pass", () => {
  expect(refusal(200, Buffer.from(GOOD), ASKED)).toBeUndefined();
  expect(refusal(500, Buffer.from(FAULT), ASKED)).toBeUndefined();
});

test.each([
  ["another action", GOOD, "ReceiveResponse", "Receive"],
  ["a Stream without Name", GOOD, ' Name="stdout"', ""],
  ["base64 in two lines", GOOD, ONE, `${ONE.slice(0, 4)}\n${ONE.slice(4)}`],
  ["two fragments in one Stream", GOOD, ONE, joined()],
  ["an answer to another message", GOOD, "<a:RelatesTo>uuid:1", "<a:RelatesTo>uuid:2"],
  ["a byte order mark", GOOD, "<s:Envelope", "\uFEFF<s:Envelope"],
  ["a side that does not go with the subcode", FAULT, "s:Sender", "s:Receiver"],
  ["no text in s:Reason", FAULT, '<s:Text xml:lang="en-US">no<', '<s:Text xml:lang="en-US"><'],
  ["another text in f:Message", FAULT, "<f:Message>no", "<f:Message>yes"],
  ["another fault action", FAULT, "wsman/fault", "wsman/other"],
])("the judge refuses %s", (_, answer, from, to) => {
  expect(answer).toContain(from);
  expect(refusal(answer === FAULT ? 500 : 200, Buffer.from(answer.replace(from, to)), ASKED)).toBeDefined();
});

function joined(): string {
  const bytes = Buffer.from(ONE, "base64");
  return Buffer.concat([bytes, bytes]).toString("base64");
}
