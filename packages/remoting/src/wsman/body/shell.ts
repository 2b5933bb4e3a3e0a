/** The bodies of Create, Connect and Disconnect, and the rsp:Shell that describes a shell ([MS-WSMV] 2.2.4.11 to 2.2.4.13, 2.2.4.37, 3.1.4.5.2). */
import { Fault } from "@tieline/fault";
import { decodeBase64 } from "../soap/base64.ts";
import { formatAge, formatSeconds, parseDuration } from "../soap/duration.ts";
import { selectorsOf, writeSelectors } from "../soap/envelope.ts";
import { normalId, wireId } from "../soap/guid.ts";
import { NS } from "../soap/namespaces.ts";
import { child, childrenOf, detached, textOf, type XmlElement } from "../soap/xml-reader.ts";
import { element, wrap, type XmlPiece } from "../soap/xml-writer.ts";
import { idOf, only } from "./command.ts";

/** What a client says of the shell that it wants. */
export interface ShellCreation {
  shellId?: string;
  name?: string;
  inputStreams: readonly string[];
  outputStreams: readonly string[];
  idleTimeoutMs?: number;
  /** SESSION_CAPABILITY and INIT_RUNSPACEPOOL; only PowerShell has it. */
  creationXml?: Uint8Array;
  /** Some clients put it here instead of into the header. */
  compression?: string;
  environment?: Readonly<Record<string, string>>;
  workingDirectory?: string;
  lifetimeMs?: number;
}

/** How a service describes a shell; ages are at the time of the answer. */
export interface ShellDescription {
  shellId: string;
  name?: string;
  resourceUri: string;
  owner?: string;
  clientIp?: string;
  idleTimeoutMs?: number;
  maxIdleTimeoutMs?: number;
  inputStreams?: readonly string[];
  outputStreams?: readonly string[];
  locale?: string;
  compression?: string;
  state?: string;
  runTimeMs?: number;
  inactivityMs?: number;
  environment?: Readonly<Record<string, string>>;
  workingDirectory?: string;
}

export interface ShellCreated {
  shellId: string;
  resourceUri?: string;
  /** Where the shell lives, for a:Address. */
  address?: string;
  shell?: ShellDescription;
}

export interface DisconnectBody {
  idleTimeoutMs?: number;
  bufferMode?: string;
}

export interface ConnectBody {
  /** Attach to this command instead of the shell. */
  commandId?: string;
  connectXml?: Uint8Array;
}

export interface ConnectAnswer {
  connectResponseXml?: Uint8Array;
  inputStreams?: readonly string[];
  outputStreams?: readonly string[];
}

const words = (text: string | undefined): string[] => (text ?? "").split(/\s+/).filter(Boolean);

function powershellXml(tag: string, bytes: Uint8Array | undefined): XmlPiece[] {
  return bytes === undefined ? [] : [`<${tag} xmlns="${NS.powershell}">`, bytes, `</${tag}>`];
}

function bytesOf(parent: XmlElement, name: string): Uint8Array | undefined {
  const found = child(parent, NS.powershell, name);
  if (found === undefined) return undefined;
  const bytes = decodeBase64(found.text, "skip");
  if (bytes === undefined) throw new Fault("wsman-schema-invalid", { reason: `${name} is not base64` });
  return bytes;
}

function durationOf(parent: XmlElement, name: string): number | undefined {
  const text = textOf(parent, NS.rsp, name);
  if (text === undefined || text === "") return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) throw new Fault("wsman-parameter-invalid", { parameter: name });
  return ms;
}

function environmentOf(shell: XmlElement): Record<string, string> | undefined {
  const environment = child(shell, NS.rsp, "Environment");
  if (environment === undefined) return undefined;
  const variables = Object.create(null) as Record<string, string>;
  for (const each of childrenOf(environment, NS.rsp, "Variable")) {
    const name = each.attributes["Name"];
    if (name === undefined || name === "") throw new Fault("wsman-schema-invalid", { reason: "a Variable has no Name" });
    variables[detached(name)] = detached(each.text);
  }
  return variables;
}

function writeEnvironment(environment: Readonly<Record<string, string>> | undefined): string {
  if (environment === undefined) return "";
  const variables = Object.entries(environment).map(([name, value]) => element("rsp:Variable", value, { Name: name }));
  return `<rsp:Environment>${variables.join("")}</rsp:Environment>`;
}

const optional = (tag: string, text: string | undefined): string => (text === undefined ? "" : element(tag, text));
const duration = (tag: string, ms: number | undefined): string => (ms === undefined ? "" : element(tag, formatSeconds(ms)));

/** Leaves out what is undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export const CREATE = {
  encode(creation: ShellCreation): XmlPiece[] {
    const inner: XmlPiece[] = [
      writeEnvironment(creation.environment) +
        optional("rsp:WorkingDirectory", creation.workingDirectory) +
        duration("rsp:Lifetime", creation.lifetimeMs) +
        duration("rsp:IdleTimeOut", creation.idleTimeoutMs) +
        element("rsp:InputStreams", creation.inputStreams.join(" ")) +
        element("rsp:OutputStreams", creation.outputStreams.join(" ")),
      ...powershellXml("creationXml", creation.creationXml),
    ];
    return wrap("rsp:Shell", inner, {
      ShellId: creation.shellId === undefined ? undefined : wireId(creation.shellId),
      Name: creation.name,
    });
  },
  decode(body: readonly XmlElement[]): ShellCreation {
    const shell = only(body, "Shell");
    const id = shell.attributes["ShellId"];
    const name = shell.attributes["Name"];
    return {
      inputStreams: words(textOf(shell, NS.rsp, "InputStreams")),
      outputStreams: words(textOf(shell, NS.rsp, "OutputStreams")),
      ...defined({
        shellId: id === undefined || id === "" ? undefined : detached(normalId(id)),
        name: name === undefined ? textOf(shell, NS.rsp, "Name") : detached(name),
        idleTimeoutMs: durationOf(shell, "IdleTimeOut"),
        lifetimeMs: durationOf(shell, "Lifetime"),
        creationXml: bytesOf(shell, "creationXml"),
        compression: textOf(shell, NS.rsp, "CompressionType"),
        environment: environmentOf(shell),
        workingDirectory: textOf(shell, NS.rsp, "WorkingDirectory"),
      }),
    } as ShellCreation;
  },
  encodeAnswer({ shellId, resourceUri, address, shell }: ShellCreated): XmlPiece[] {
    return [
      `<x:ResourceCreated>${element("a:Address", address ?? "")}<a:ReferenceParameters>` +
        `${optional("w:ResourceURI", resourceUri)}${writeSelectors({ ShellId: wireId(shellId) })}` +
        `</a:ReferenceParameters></x:ResourceCreated>`,
      ...(shell === undefined ? [] : writeShell(shell)),
    ];
  },
  decodeAnswer(body: readonly XmlElement[]): ShellCreated {
    const created = body.find(({ ns, name }) => ns === NS.x && name === "ResourceCreated");
    const parameters =
      child(created, NS.a, "ReferenceParameters") ?? child(child(created, NS.a, "EndpointReference"), NS.a, "ReferenceParameters");
    const set = child(parameters, NS.w, "SelectorSet");
    const id = set === undefined ? undefined : selectorsOf(set)?.["ShellId"];
    if (id === undefined || id === "") throw new Fault("wsman-answer-invalid", { operation: "Create", reason: "it names no shell" });
    const shell = body.find(({ ns, name }) => ns === NS.rsp && name === "Shell");
    return {
      shellId: normalId(id),
      ...defined({
        resourceUri: textOf(parameters, NS.w, "ResourceURI"),
        address: textOf(created, NS.a, "Address"),
        shell: shell === undefined ? undefined : readShell(shell),
      }),
    } as ShellCreated;
  },
};

/** The description as Windows orders it. */
export function writeShell(shell: ShellDescription): XmlPiece[] {
  return [
    `<rsp:Shell xmlns:rsp="${NS.rsp}">` +
      element("rsp:ShellId", wireId(shell.shellId)) +
      optional("rsp:Name", shell.name) +
      element("rsp:ResourceUri", shell.resourceUri) +
      optional("rsp:Owner", shell.owner) +
      optional("rsp:ClientIP", shell.clientIp) +
      writeEnvironment(shell.environment) +
      optional("rsp:WorkingDirectory", shell.workingDirectory) +
      duration("rsp:IdleTimeOut", shell.idleTimeoutMs) +
      optional("rsp:InputStreams", shell.inputStreams?.join(" ")) +
      optional("rsp:OutputStreams", shell.outputStreams?.join(" ")) +
      duration("rsp:MaxIdleTimeOut", shell.maxIdleTimeoutMs) +
      optional("rsp:Locale", shell.locale) +
      optional("rsp:CompressionMode", shell.compression) +
      optional("rsp:State", shell.state) +
      (shell.runTimeMs === undefined ? "" : element("rsp:ShellRunTime", formatAge(shell.runTimeMs))) +
      (shell.inactivityMs === undefined ? "" : element("rsp:ShellInactivity", formatAge(shell.inactivityMs))) +
      "</rsp:Shell>",
  ];
}

/** What of a description can be read; what is missing stays missing. */
export function readShell(shell: XmlElement): ShellDescription {
  const text = (name: string): string | undefined => textOf(shell, NS.rsp, name);
  const ms = (name: string): number | undefined => parseDuration(text(name) ?? "");
  const list = (name: string): string[] | undefined => (text(name) === undefined ? undefined : words(text(name)));
  return {
    shellId: normalId(text("ShellId") ?? shell.attributes["ShellId"] ?? ""),
    resourceUri: text("ResourceUri") ?? "",
    ...defined({
      name: text("Name"),
      owner: text("Owner"),
      clientIp: text("ClientIP"),
      idleTimeoutMs: ms("IdleTimeOut"),
      maxIdleTimeoutMs: ms("MaxIdleTimeOut"),
      inputStreams: list("InputStreams"),
      outputStreams: list("OutputStreams"),
      locale: text("Locale"),
      compression: text("CompressionMode"),
      state: text("State"),
      runTimeMs: ms("ShellRunTime"),
      inactivityMs: ms("ShellInactivity"),
      environment: environmentOf(shell),
      workingDirectory: text("WorkingDirectory"),
    }),
  } as ShellDescription;
}

export const DISCONNECT = {
  encode({ idleTimeoutMs, bufferMode }: DisconnectBody): XmlPiece[] {
    return wrap("rsp:Disconnect", [duration("rsp:IdleTimeOut", idleTimeoutMs) + optional("rsp:BufferMode", bufferMode)].filter(Boolean));
  },
  decode(body: readonly XmlElement[]): DisconnectBody {
    const disconnect = body.find(({ ns, name }) => ns === NS.rsp && name === "Disconnect");
    if (disconnect === undefined) return {};
    return defined({
      idleTimeoutMs: durationOf(disconnect, "IdleTimeOut"),
      bufferMode: textOf(disconnect, NS.rsp, "BufferMode"),
    }) as DisconnectBody;
  },
};

export const CONNECT = {
  encode({ commandId, connectXml }: ConnectBody): XmlPiece[] {
    return wrap("rsp:Connect", powershellXml("connectXml", connectXml), {
      CommandId: commandId === undefined ? undefined : wireId(commandId),
    });
  },
  decode(body: readonly XmlElement[]): ConnectBody {
    const connect = only(body, "Connect");
    return { ...idOf(connect), ...defined({ connectXml: bytesOf(connect, "connectXml") }) } as ConnectBody;
  },
  encodeAnswer({ connectResponseXml, inputStreams, outputStreams }: ConnectAnswer): XmlPiece[] {
    const streams = optional("rsp:InputStreams", inputStreams?.join(" ")) + optional("rsp:OutputStreams", outputStreams?.join(" "));
    return wrap("rsp:ConnectResponse", [...(streams === "" ? [] : [streams]), ...powershellXml("connectResponseXml", connectResponseXml)]);
  },
  decodeAnswer(body: readonly XmlElement[]): ConnectAnswer {
    const answer = body.find(({ ns, name }) => ns === NS.rsp && name === "ConnectResponse");
    if (answer === undefined) return {};
    const xml = child(answer, NS.powershell, "connectResponseXml");
    const bytes = xml === undefined ? undefined : decodeBase64(xml.text, "skip");
    if (xml !== undefined && bytes === undefined) {
      throw new Fault("wsman-answer-invalid", { operation: "Connect", reason: "connectResponseXml is not base64" });
    }
    return defined({
      connectResponseXml: bytes,
      inputStreams: child(answer, NS.rsp, "InputStreams") === undefined ? undefined : words(textOf(answer, NS.rsp, "InputStreams")),
      outputStreams: child(answer, NS.rsp, "OutputStreams") === undefined ? undefined : words(textOf(answer, NS.rsp, "OutputStreams")),
    }) as ConnectAnswer;
  },
};
