import { isFault } from "@tieline/fault";
import { describe, expect, it } from "vitest";
import { deserialize, serialize, type SecureStringCodec } from "../../clixml/index.ts";
import { Guid, PsDictionary, PsObject, SecureString, Version, type PsValue } from "../../objects/index.ts";
import { errorRecord } from "../messages/error-record.ts";
import {
  decodeHostCall,
  decodeHostResponse,
  encodeHostCall,
  encodeHostResponse,
  HOST_METHODS,
  NO_ANSWER,
  wantsAnswer,
  type HostCall,
  type HostMethodName,
  type HostMethodRow,
  type HostResponse,
} from "./host-methods.ts";
import type { HostTypeName } from "./host-values.ts";

const CLEAR: SecureStringCodec = {
  encrypt: (bytes) => Buffer.from(bytes).toString("base64"),
  decrypt: (text) => Uint8Array.from(Buffer.from(text, "base64")),
};

/** A value of each type, with nothing that is a default. */
const SAMPLES: Record<HostTypeName, unknown> = {
  string: "tëxt_x0041_",
  int: 7,
  long: 5_000_000_000n,
  bool: true,
  culture: "de-CH",
  version: new Version("7.6.5"),
  guid: new Guid("00112233-4455-6677-8899-aabbccddeeff"),
  secureString: new SecureString("s3cret"),
  credential: { userName: "alice", password: new SecureString("pw") },
  coordinates: { x: 3, y: -4 },
  size: { width: 80, height: 25 },
  rectangle: { left: 1, top: 2, right: 3, bottom: 4 },
  bufferCell: { character: "\ud83d", foregroundColor: 1, backgroundColor: 2, bufferCellType: 1 },
  bufferCells: {
    lengths: [1, 2],
    elements: [
      { character: "a", foregroundColor: 1, backgroundColor: 2, bufferCellType: 0 },
      { character: "b", foregroundColor: 1, backgroundColor: 2, bufferCellType: 0 },
    ],
  },
  keyInfo: { virtualKeyCode: 65, character: "a", controlKeyState: 40, keyDown: true },
  progressRecord: {
    activity: "A",
    activityId: 1,
    statusDescription: "s",
    currentOperation: null,
    parentActivityId: -1,
    percentComplete: 50,
    completed: true,
    secondsRemaining: 9,
  },
  fieldDescriptions: [
    {
      name: "n",
      label: "&n",
      parameterTypeName: "String",
      parameterTypeFullName: "System.String",
      parameterAssemblyFullName: "x",
      helpMessage: "h",
      isMandatory: true,
      defaultValue: "d",
      modifiedByRemotingProtocol: true,
      isFromRemoteHost: true,
    },
  ],
  choiceDescriptions: [{ label: "&Yes", helpMessage: "help" }],
  choices: [1, 2],
  integers: [0, 2],
  answers: PsDictionary.of({ n: "answer" }),
  runspace: undefined,
};

/** Through CLIXML and back, as on the wire. */
function travel(value: PsObject): PsValue {
  return deserialize(serialize(value, { secureString: CLEAR, depth: 50 }), { secureString: CLEAR });
}

/** What a test can compare: secrets revealed, objects as their properties. */
function shown(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_, part: unknown) =>
      part instanceof SecureString ? `secret ${part.reveal()}` : typeof part === "bigint" ? `${part}n` : part,
    ),
  ) as unknown;
}

function code(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

const METHODS = Object.entries(HOST_METHODS) as [HostMethodName, HostMethodRow][];
const REVEALED = (value: unknown): unknown => (value instanceof SecureString ? value.reveal() : value);

describe("host methods ([MS-PSRP] 2.2.3.17)", () => {
  it("are 56, numbered 1 to 56", () => {
    expect(METHODS.map(([, row]) => row.id)).toEqual(Array.from({ length: 56 }, (_, i) => i + 1));
  });

  const usable = METHODS.filter(([, row]) => !row.takes.includes("runspace"));
  it.each(usable)("%s: a call travels there and back", (method, row) => {
    const call = {
      call: wantsAnswer(method) ? 3n : NO_ANSWER,
      method,
      arguments: row.takes.map((type) => SAMPLES[type]),
    } as unknown as HostCall;
    const back = decodeHostCall(travel(encodeHostCall(call)));
    expect(shown(back)).toEqual(shown(call));
    expect(back.arguments.map(REVEALED)).toEqual((call.arguments as readonly unknown[]).map(REVEALED));
  });

  const answering = METHODS.filter(([, row]) => row.gives !== "void" && row.gives !== "runspace");
  it.each(answering)("%s: an answer travels there and back, and so does an error", (method, row) => {
    const value = SAMPLES[row.gives as HostTypeName];
    const answer = { call: 3n, method, value } as unknown as HostResponse;
    const back = decodeHostResponse(travel(encodeHostResponse(answer)));
    expect(shown(back)).toEqual(shown(answer));
    const error = errorRecord({ message: "no", id: "X", category: "NotImplemented" });
    expect(decodeHostResponse(travel(encodeHostResponse({ call: 4n, method, error } as unknown as HostResponse)))).toMatchObject({
      call: 4n,
      method,
      error: { text: "no", fullyQualifiedErrorId: "X" },
    });
  });

  it("leave out an answer of null, as PowerShell does", () => {
    const object = encodeHostResponse({ call: 1n, method: "ReadLine", value: null });
    expect(object.names()).toEqual(["ci", "mi"]);
    expect(decodeHostResponse(travel(object))).toEqual({ call: 1n, method: "ReadLine" });
  });

  it("write an array of choices where an array is given, and a list, which every client reads, for plain numbers", () => {
    const call = (choices: unknown): PsObject =>
      encodeHostCall({ call: 1n, method: "PromptForChoiceMultipleSelection", arguments: ["c", "m", [], choices] } as unknown as HostCall);
    expect(serialize(call([1]))).toContain("<LST><I32>1</I32></LST></Obj></LST>");
    expect(serialize(call({ lengths: [1], elements: [1] }))).toContain('N="mal"');
  });
});

describe("refusals (RemoteHostDecodingFailed)", () => {
  const call = (method: HostMethodName, args: readonly PsValue[]): PsObject => {
    const object = encodeHostCall({ call: 1n, method: "WriteLine1", arguments: [] });
    (object.get("mi") as PsObject).base = HOST_METHODS[method].id;
    const list = encodeHostCall({ call: 1n, method: "WriteLine2", arguments: [""] }).get("mp") as PsObject;
    (list.base as { items: PsValue[] }).items.splice(0, 1, ...args);
    return object.set("mp", list);
  };

  it.each([
    ["too few arguments", call("Write2", [1, 2])],
    ["too many arguments", call("WriteLine1", ["x"])],
    ["a text for a number", call("SetCursorSize", ["7"])],
    ["a number for a text", call("WriteLine2", [7])],
    ["a structure without a field", call("SetCursorPosition", [PsObject.of({ x: 1 }, [])])],
    ["a structure that is none", call("SetCursorPosition", ["1,2"])],
    [
      "an array of another size than its lengths",
      call("SetBufferContents2", [PsObject.of({ x: 1, y: 1 }, []), PsObject.of({ mae: [], mal: [2, 2] }, [])]),
    ],
    ["a list that is none", call("PromptForChoice", ["c", "m", "yes", 0])],
    ["a runspace", call("PushRunspace", [PsObject.of({}, [])])],
  ])("%s", (_, object) => {
    expect(code(() => decodeHostCall(object))).toBe("host-data-invalid");
  });

  it("an unknown method", () => {
    const object = encodeHostCall({ call: 1n, method: "WriteLine1", arguments: [] });
    (object.get("mi") as PsObject).base = 57;
    expect(code(() => decodeHostCall(object))).toBe("host-method-unknown");
  });

  it("a credential without a password", () => {
    const object = encodeHostResponse({
      call: 1n,
      method: "PromptForCredential1",
      value: { userName: "a", password: new SecureString("p") },
    });
    (object.get("mr") as PsObject).set("Password", "in clear");
    expect(code(() => decodeHostResponse(object))).toBe("host-data-invalid");
  });
});
