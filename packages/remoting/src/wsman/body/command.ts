/** The bodies of Command, Send, Receive and Signal ([MS-WSMV] 2.2.4.6, 2.2.4.29, 2.2.4.32, 2.2.4.34, 2.2.4.38). */
import { Fault } from "@tieline/fault";
import { decodeBase64 } from "../soap/base64.ts";
import { isTrue } from "../soap/envelope.ts";
import { normalId, wireId } from "../soap/guid.ts";
import { COMMAND_STATE, NS } from "../soap/namespaces.ts";
import { child, childrenOf, detached, textOf, type XmlElement } from "../soap/xml-reader.ts";
import { element, escapeAttribute, wrap, type XmlPiece } from "../soap/xml-writer.ts";

export interface CommandLine {
  commandId?: string;
  /** A program, or what PowerShell shows of a pipeline. */
  command: string;
  /** Text for a program; for PowerShell the base64 of the first fragment, see `fragmentOf`. */
  arguments: readonly (string | Uint8Array)[];
}

export interface CommandStarted {
  /** Missing where the service says nothing: then the client's own id counts. */
  commandId?: string;
}

export interface StreamPart {
  name: string;
  commandId?: string;
  bytes: Uint8Array;
  end?: boolean;
}

export interface SendBody {
  streams: readonly StreamPart[];
}

export interface ReceiveBody {
  streams: readonly string[];
  commandId?: string;
}

export interface ReceiveAnswer {
  streams: readonly StreamPart[];
  state?: { commandId?: string; state: string; exitCode?: number };
}

export interface SignalBody {
  commandId?: string;
  code: string;
}

export function only(body: readonly XmlElement[], name: string): XmlElement {
  const found = body.find((each) => each.name === name && each.ns === NS.rsp);
  if (found === undefined) throw new Fault("wsman-schema-invalid", { reason: `the body has no ${name}` });
  return found;
}

export function idOf(element: XmlElement): { commandId?: string } {
  const id = element.attributes["CommandId"];
  return id === undefined || id === "" ? {} : { commandId: detached(normalId(id)) };
}

export const COMMAND = {
  encode({ commandId, command, arguments: args }: CommandLine): XmlPiece[] {
    const inner: XmlPiece[] = [command === "" ? "<rsp:Command></rsp:Command>" : element("rsp:Command", command)];
    for (const each of args) {
      if (typeof each === "string") inner.push(element("rsp:Arguments", each));
      else inner.push("<rsp:Arguments>", each, "</rsp:Arguments>");
    }
    return wrap("rsp:CommandLine", inner, { CommandId: commandId === undefined ? undefined : wireId(commandId) });
  },
  decode(body: readonly XmlElement[]): CommandLine {
    const line = only(body, "CommandLine");
    return {
      ...idOf(line),
      command: child(line, NS.rsp, "Command")?.text ?? "",
      arguments: childrenOf(line, NS.rsp, "Arguments").map(({ text }) => text),
    };
  },
  encodeAnswer({ commandId }: CommandStarted): XmlPiece[] {
    return wrap("rsp:CommandResponse", commandId === undefined ? [] : [element("rsp:CommandId", wireId(commandId))]);
  },
  decodeAnswer(body: readonly XmlElement[]): CommandStarted {
    const id = textOf(
      body.find(({ name }) => name === "CommandResponse"),
      NS.rsp,
      "CommandId",
    );
    return id === undefined || id === "" ? {} : { commandId: normalId(id) };
  },
};

/**
 * The first fragment of a pipeline: the arguments are one piece of base64.
 *
 * @throws wsman-schema-invalid
 */
export function fragmentOf({ arguments: args }: CommandLine): Uint8Array {
  const bytes = args.map((each) => (typeof each === "string" ? decodeBase64(each, "skip") : each));
  if (bytes.length === 0 || bytes.includes(undefined)) throw new Fault("wsman-schema-invalid", { reason: "Arguments is not base64" });
  return bytes.length === 1 ? (bytes[0] as Uint8Array) : Buffer.concat(bytes as Uint8Array[]);
}

function encodeStream({ name, commandId, bytes, end }: StreamPart): XmlPiece[] {
  const open =
    `<rsp:Stream Name="${escapeAttribute(name)}"` +
    (commandId === undefined ? "" : ` CommandId="${escapeAttribute(wireId(commandId))}"`) +
    (end === true ? ` End="true">` : ">");
  return [open, bytes, "</rsp:Stream>"];
}

export const SEND = {
  encode({ streams }: SendBody): XmlPiece[] {
    return wrap("rsp:Send", streams.flatMap(encodeStream));
  },
  decode(body: readonly XmlElement[]): SendBody {
    const streams = childrenOf(only(body, "Send"), NS.rsp, "Stream").map((each) => {
      const bytes = decodeBase64(each.text, "skip");
      if (bytes === undefined) throw new Fault("wsman-schema-invalid", { reason: "a Stream is not base64" });
      return part(each, bytes, "stdin");
    });
    if (streams.length === 0) throw new Fault("wsman-schema-invalid", { reason: "Send has no Stream" });
    return { streams };
  },
};

function part(each: XmlElement, bytes: Uint8Array, otherwise: string): StreamPart {
  const name = each.attributes["Name"];
  return {
    name: name === undefined ? otherwise : detached(name),
    ...idOf(each),
    bytes,
    ...(isTrue(each.attributes["End"]) ? { end: true } : {}),
  };
}

export const RECEIVE = {
  encode({ streams, commandId }: ReceiveBody): XmlPiece[] {
    const desired = element("rsp:DesiredStream", streams.join(" "), { CommandId: commandId === undefined ? undefined : wireId(commandId) });
    return wrap("rsp:Receive", [desired]);
  },
  decode(body: readonly XmlElement[]): ReceiveBody {
    const desired = child(only(body, "Receive"), NS.rsp, "DesiredStream");
    if (desired === undefined) throw new Fault("wsman-schema-invalid", { reason: "Receive has no DesiredStream" });
    return { streams: detached(desired.text).trim().split(/\s+/).filter(Boolean), ...idOf(desired) };
  },
  encodeAnswer({ streams, state }: ReceiveAnswer): XmlPiece[] {
    const inner = streams.flatMap(encodeStream);
    if (state !== undefined) {
      const exit = state.exitCode === undefined ? [] : [`<rsp:ExitCode>${state.exitCode}</rsp:ExitCode>`];
      const attributes = { CommandId: state.commandId === undefined ? undefined : wireId(state.commandId), State: state.state };
      inner.push(...wrap("rsp:CommandState", exit, attributes));
    }
    return wrap("rsp:ReceiveResponse", inner);
  },
  decodeAnswer(body: readonly XmlElement[]): ReceiveAnswer {
    const answer = body.find(({ ns, name }) => ns === NS.rsp && name === "ReceiveResponse");
    if (answer === undefined) throw new Fault("wsman-answer-invalid", { operation: "Receive", reason: "it has no ReceiveResponse" });
    const streams: StreamPart[] = [];
    for (const each of childrenOf(answer, NS.rsp, "Stream")) {
      const bytes = decodeBase64(each.text, "refuse");
      if (bytes === undefined) throw new Fault("wsman-stream-invalid", { reason: "it is not base64 in one piece" });
      streams.push(part(each, bytes, "stdout"));
    }
    const state = child(answer, NS.rsp, "CommandState");
    return state === undefined ? { streams } : { streams, state: stateOf(state) };
  },
};

function stateOf(state: XmlElement): { commandId?: string; state: string; exitCode?: number } {
  const exit = textOf(state, NS.rsp, "ExitCode");
  return {
    ...idOf(state),
    state: detached(state.attributes["State"] ?? COMMAND_STATE.running),
    ...(exit !== undefined && /^-?\d{1,10}$/.test(exit) ? { exitCode: Number(exit) | 0 } : {}),
  };
}

export const SIGNALLING = {
  encode({ commandId, code }: SignalBody): XmlPiece[] {
    return wrap("rsp:Signal", [element("rsp:Code", code)], { CommandId: commandId === undefined ? undefined : wireId(commandId) });
  },
  decode(body: readonly XmlElement[]): SignalBody {
    const signal = only(body, "Signal");
    const code = textOf(signal, NS.rsp, "Code");
    if (code === undefined) throw new Fault("wsman-schema-invalid", { reason: "Signal has no Code" });
    return { ...idOf(signal), code };
  },
};
