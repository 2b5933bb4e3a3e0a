/** Each operation's row in both directions, and what each refuses. */
import { Fault } from "@tieline/fault";
import { expect, test } from "vitest";
import { fragmentOf } from "./body/command.ts";
import { OPERATIONS, operationOf, type Answers, type OperationName, type OperationRow, type Requests } from "./operation.ts";
import { answerPieces, parseEnvelope, writeRequest, type Envelope } from "./soap/envelope.ts";
import { COMMAND_STATE, SIGNAL } from "./soap/namespaces.ts";
import { serialize } from "./soap/xml-writer.ts";

const ID = "8bc5cbb0-fb53-46f0-a099-508dce09f499";
const BYTES = Buffer.from([0, 1, 2, 255]);
const SHELL = {
  shellId: ID,
  name: `a<b & "c"`,
  resourceUri: "http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
  owner: "CONTOSO\\alice",
  clientIp: "10.0.0.1",
  environment: { '_-(){}[]<>*+-/\\?"!@#$^&|;:i,.`~0': "a\tb\nc" },
  workingDirectory: "C:\\Windows",
  idleTimeoutMs: 7_200_000,
  inputStreams: ["stdin", "pr"],
  outputStreams: ["stdout"],
  maxIdleTimeoutMs: 2_147_483_647,
  locale: "en-US",
  compression: "NoCompression",
  state: "Disconnected",
  runTimeMs: 62_000,
  inactivityMs: 1000,
};

const REQUESTS: readonly { [K in OperationName]: readonly [K, Requests[K]] }[OperationName][] = [
  ["identify", {}],
  ["create", { inputStreams: ["stdin", "pr"], outputStreams: ["stdout"] }],
  [
    "create",
    {
      shellId: ID,
      name: `a<b & "c"`,
      inputStreams: ["stdin"],
      outputStreams: ["stdout", "stderr"],
      idleTimeoutMs: 60_000,
      lifetimeMs: 1500,
      creationXml: BYTES,
      environment: { "A<": " x " },
      workingDirectory: "/tmp",
    },
  ],
  ["command", { commandId: ID, command: "", arguments: ["AAEC/w=="] }],
  ["command", { command: "echo <&>", arguments: ["/c", "a b", ""] }],
  ["send", { streams: [{ name: "stdin", commandId: ID, bytes: BYTES }] }],
  [
    "send",
    {
      streams: [
        { name: "pr", bytes: BYTES },
        { name: "stdin", commandId: ID, bytes: Buffer.alloc(0), end: true },
      ],
    },
  ],
  ["receive", { streams: ["stdout"] }],
  ["receive", { streams: ["stdout", "stderr"], commandId: ID }],
  ["signal", { commandId: ID, code: SIGNAL.stop }],
  ["delete", {}],
  ["disconnect", {}],
  ["disconnect", { idleTimeoutMs: 60_000, bufferMode: "Drop" }],
  ["reconnect", {}],
  ["connect", { connectXml: BYTES }],
  ["connect", { commandId: ID }],
  ["enumerate", { optimize: true, maxElements: 32_000 }],
  ["enumerate", { optimize: false, maxElements: 0 }],
  ["enumerate", { optimize: true, maxElements: 20, filter: { ShellId: ID } }],
  ["pull", { context: "uuid:1", maxElements: 7 }],
  ["release", { context: "uuid:1" }],
  ["get", {}],
];

const ANSWERS: readonly { [K in OperationName]: readonly [K, Answers[K]] }[OperationName][] = [
  ["identify", { protocolVersion: "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd", vendor: "Tieline", version: "1" }],
  ["create", { shellId: ID, resourceUri: SHELL.resourceUri, address: "https://h/wsman", shell: SHELL }],
  ["create", { shellId: ID, address: "" }],
  ["command", { commandId: ID }],
  ["command", {}],
  ["send", {}],
  ["receive", { streams: [] }],
  [
    "receive",
    {
      streams: [
        { name: "stdout", commandId: ID, bytes: BYTES },
        { name: "stderr", commandId: ID, bytes: Buffer.alloc(0), end: true },
      ],
      state: { commandId: ID, state: COMMAND_STATE.done, exitCode: -1 },
    },
  ],
  ["receive", { streams: [], state: { commandId: ID, state: COMMAND_STATE.running } }],
  ["signal", {}],
  ["delete", {}],
  ["disconnect", {}],
  ["reconnect", {}],
  ["connect", {}],
  ["connect", { connectResponseXml: BYTES, inputStreams: ["stdin", "pr"], outputStreams: ["stdout"] }],
  ["enumerate", { context: "", shells: [SHELL], commands: [], end: true }],
  ["enumerate", { context: "uuid:1", shells: [], commands: [{ commandId: ID, commandLine: "x", state: "Running" }], end: false }],
  ["pull", { context: "", shells: [SHELL], commands: [], end: true }],
  ["release", {}],
  ["get", { shell: SHELL }],
  ["get", { config: { maxEnvelopeSizeKb: 500, maxTimeoutMs: 60_000, maxBatchItems: 32_000 } }],
];

/** Plain data: bytes as hex, no prototypes, nothing undefined. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function asked(name: OperationName, request: object): Envelope {
  const row = OPERATIONS[name] as OperationRow<OperationName>;
  return parseEnvelope(writeRequest({ action: row.action, messageId: "uuid:1" }, row.encode(request as never)));
}

test.each(REQUESTS.map(([name, request], i) => [`${name} ${i}`, name, request] as const))(
  "request %s, there and back",
  (_, name, request) => {
    const envelope = asked(name, request);
    expect(operationOf(envelope.header.action, envelope.body)).toBe(name);
    expect(plain(OPERATIONS[name].decode(envelope.body))).toEqual(plain(request));
  },
);

test.each(ANSWERS.map(([name, answer], i) => [`${name} ${i}`, name, answer] as const))("answer %s, there and back", (_, name, answer) => {
  const row = OPERATIONS[name] as OperationRow<OperationName>;
  const bytes = serialize(
    answerPieces({ action: row.answerAction, messageId: "uuid:2", relatesTo: "uuid:1" }, row.encodeAnswer(answer as never)),
  );
  const envelope = parseEnvelope(bytes);
  if (name !== "identify") expect(envelope.header).toMatchObject({ action: row.answerAction, relatesTo: "uuid:1" });
  expect(plain(row.decodeAnswer(envelope.body))).toEqual(plain(answer));
});

test("every operation stands in both tables above", () => {
  for (const name of Object.keys(OPERATIONS)) {
    expect(REQUESTS.map(([each]) => each)).toContain(name);
    expect(ANSWERS.map(([each]) => each)).toContain(name);
  }
});

const NS = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";

function body(inner: string): Envelope["body"] {
  const xml = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:r="${NS}"><s:Header/><s:Body>${inner}</s:Body></s:Envelope>`;
  return parseEnvelope(Buffer.from(xml)).body;
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

test.each([
  ["create", "<r:Other/>"],
  ["create", ""],
  ["create", `<r:Shell><creationXml xmlns="http://schemas.microsoft.com/powershell">!!!!</creationXml></r:Shell>`],
  ["create", `<r:Shell><r:Environment><r:Variable>x</r:Variable></r:Environment></r:Shell>`],
  ["command", "<r:Send/>"],
  ["send", "<r:Send/>"],
  ["send", `<r:Send><r:Stream Name="stdin">AAA!</r:Stream></r:Send>`],
  ["send", `<r:Send><r:Stream Name="stdin">AA-_</r:Stream></r:Send>`],
  ["receive", "<r:Receive/>"],
  ["signal", "<r:Signal/>"],
  ["connect", `<r:Connect><connectXml xmlns="http://schemas.microsoft.com/powershell">A</connectXml></r:Connect>`],
  ["enumerate", "<r:Enumerate/>"],
] as const)("a %s request of %s does not fit the schema", (name, inner) => {
  expect(codeOf(() => OPERATIONS[name].decode(body(inner)))).toBe("wsman-schema-invalid");
});

test("the first fragment of a pipeline is base64, in one piece or wrapped", () => {
  const line = (text: string) =>
    OPERATIONS.command.decode(body(`<r:CommandLine><r:Command/><r:Arguments>${text}</r:Arguments></r:CommandLine>`));
  expect(Buffer.from(fragmentOf(line("AAEC\r\n /w=="))).toString("hex")).toBe("000102ff");
  expect(codeOf(() => fragmentOf(line("<![CDATA[$x]]>")))).toBe("wsman-schema-invalid");
});

test("a service says its parameters are wrong, not its schema: IdleTimeOut, [MS-WSMV] 2.2.4.38", () => {
  expect(codeOf(() => OPERATIONS.create.decode(body(`<r:Shell><r:IdleTimeOut>soon</r:IdleTimeOut></r:Shell>`)))).toBe(
    "wsman-parameter-invalid",
  );
});

test("a client takes base64 in one piece only", () => {
  const receive = (text: string) =>
    OPERATIONS.receive.decodeAnswer(body(`<r:ReceiveResponse><r:Stream Name="stdout">${text}</r:Stream></r:ReceiveResponse>`));
  expect(codeOf(() => receive("AAEC"))).toBe("accepted");
  for (const text of ["AA\nEC", "!!!!", "AAE", "A===", "AA=A", "AAEC="])
    expect(`${text} ${codeOf(() => receive(text))}`).toBe(`${text} wsman-stream-invalid`);
});

test("an answer may leave out what a client can do without", () => {
  expect(OPERATIONS.command.decodeAnswer([])).toEqual({});
  expect(OPERATIONS.send.decodeAnswer([])).toEqual({});
  expect(OPERATIONS.receive.decodeAnswer(body("<r:ReceiveResponse/>"))).toEqual({ streams: [] });
  const [stream] = OPERATIONS.receive.decodeAnswer(body("<r:ReceiveResponse><r:Stream>AAEC</r:Stream></r:ReceiveResponse>")).streams;
  expect(stream?.name).toBe("stdout");
});

test.each([
  ["create", ""],
  ["create", "<r:Shell><r:ShellId>x</r:ShellId></r:Shell>"],
  ["receive", ""],
  ["enumerate", ""],
] as const)("an answer to %s that says %j is refused", (name, inner) => {
  expect(codeOf(() => OPERATIONS[name].decodeAnswer(body(inner)))).toBe("wsman-answer-invalid");
});

test("an unknown action is refused, a missing one too, and Identify needs none", () => {
  expect(codeOf(() => operationOf("urn:x", []))).toBe("wsman-action-unsupported");
  expect(codeOf(() => operationOf(undefined, []))).toBe("wsman-header-missing");
  for (const ns of ["identity", "identify"]) {
    const [identify] = body(`<i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/${ns}/1/wsmanidentity.xsd"/>`);
    expect(operationOf(undefined, identify === undefined ? [] : [identify])).toBe("identify");
  }
});
