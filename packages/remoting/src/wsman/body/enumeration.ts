/**
 * Enumerate, Pull, Release and Get (WS-Enumeration with DSP0226 8; WS-Transfer with DSP0226 7; [MS-WSMV] 3.1.4.2 and
 * 3.1.4.8): the lists of one's own shells and of a shell's commands, one shell, and the service's configuration.
 */
import { Fault } from "@tieline/fault";
import { selectorsOf, writeSelectors } from "../soap/envelope.ts";
import { normalId, wireId } from "../soap/guid.ts";
import { NS, SELECTOR_FILTER } from "../soap/namespaces.ts";
import { child, detached, textOf, type XmlElement } from "../soap/xml-reader.ts";
import { element, type XmlPiece } from "../soap/xml-writer.ts";
import { readShell, writeShell, type ShellDescription } from "./shell.ts";

export interface EnumerateBody {
  /** The items may come with the answer at once. */
  optimize: boolean;
  maxElements: number;
  /** A selector filter; undefined where there is none. */
  filter?: Readonly<Record<string, string>>;
}

export interface CommandDescription {
  commandId: string;
  commandLine: string;
  /** `Running` or `Done`. */
  state: string;
}

export interface EnumerateAnswer {
  /** Empty when there is nothing more to pull. */
  context: string;
  shells?: readonly ShellDescription[];
  commands?: readonly CommandDescription[];
  end: boolean;
}

export interface PullBody {
  context: string;
  maxElements: number;
}

export interface ReleaseBody {
  context: string;
}

/** What Get brings: a shell, or the part of the configuration that clients read. */
export interface Resource {
  shell?: ShellDescription;
  config?: { maxEnvelopeSizeKb: number; maxTimeoutMs: number; maxBatchItems: number };
}

const DEFAULT_ELEMENTS = 20;

function countOf(parent: XmlElement, ns: string, name: string, otherwise: number): number {
  const text = textOf(parent, ns, name);
  return text !== undefined && /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : otherwise;
}

function bodyElement(body: readonly XmlElement[], name: string): XmlElement {
  const found = body.find((each) => each.ns === NS.n && each.name === name);
  if (found === undefined) throw new Fault("wsman-schema-invalid", { reason: `the body has no ${name}` });
  return found;
}

export const ENUMERATE = {
  encode({ optimize, maxElements, filter }: EnumerateBody): XmlPiece[] {
    return [
      "<n:Enumerate>" +
        (optimize ? `<w:OptimizeEnumeration/><w:MaxElements>${maxElements}</w:MaxElements>` : "") +
        (filter === undefined ? "" : `<w:Filter Dialect="${SELECTOR_FILTER}">${writeSelectors(filter)}</w:Filter>`) +
        "</n:Enumerate>",
    ];
  },
  decode(body: readonly XmlElement[]): EnumerateBody {
    const enumerate = bodyElement(body, "Enumerate");
    const optimize = child(enumerate, NS.w, "OptimizeEnumeration") !== undefined;
    const request = { optimize, maxElements: countOf(enumerate, NS.w, "MaxElements", optimize ? DEFAULT_ELEMENTS : 0) };
    const filter = child(enumerate, NS.w, "Filter") ?? child(enumerate, NS.n, "Filter");
    if (filter === undefined) return request;
    const set = child(filter, NS.w, "SelectorSet");
    const selectors = set === undefined ? undefined : selectorsOf(set);
    if (filter.attributes["Dialect"] !== SELECTOR_FILTER || selectors === undefined) throw new Fault("wsman-filter-unsupported", {});
    return { ...request, filter: selectors };
  },
  encodeAnswer(answer: EnumerateAnswer): XmlPiece[] {
    return encodeItems(answer, "n:EnumerateResponse");
  },
  decodeAnswer(body: readonly XmlElement[]): EnumerateAnswer {
    return decodeItems(body, "Enumerate");
  },
};

export const PULL = {
  encode({ context, maxElements }: PullBody): XmlPiece[] {
    return [`<n:Pull>${element("n:EnumerationContext", context)}<n:MaxElements>${maxElements}</n:MaxElements></n:Pull>`];
  },
  decode(body: readonly XmlElement[]): PullBody {
    const pull = bodyElement(body, "Pull");
    return { context: textOf(pull, NS.n, "EnumerationContext") ?? "", maxElements: countOf(pull, NS.n, "MaxElements", 1) };
  },
  encodeAnswer(answer: EnumerateAnswer): XmlPiece[] {
    return encodeItems(answer, "n:PullResponse");
  },
  decodeAnswer(body: readonly XmlElement[]): EnumerateAnswer {
    return decodeItems(body, "Pull");
  },
};

export const RELEASE = {
  encode({ context }: ReleaseBody): XmlPiece[] {
    return [`<n:Release>${element("n:EnumerationContext", context)}</n:Release>`];
  },
  decode(body: readonly XmlElement[]): ReleaseBody {
    return { context: textOf(bodyElement(body, "Release"), NS.n, "EnumerationContext") ?? "" };
  },
};

function encodeItems({ context, shells, commands, end }: EnumerateAnswer, tag: "n:EnumerateResponse" | "n:PullResponse"): XmlPiece[] {
  // Items stand in w: beside an optimized Enumerate and in n: in a Pull (DSP0226 8.2.3, WS-Enumeration 3.2).
  const space = tag === "n:EnumerateResponse" ? "w" : "n";
  const items = shells !== undefined || commands !== undefined;
  return [
    `<${tag}><n:EnumerationContext>${context}</n:EnumerationContext>`,
    ...(items
      ? [`<${space}:Items>`, ...(shells ?? []).flatMap(writeShell), ...(commands ?? []).map(writeCommand), `</${space}:Items>`]
      : []),
    `${end ? `<${space}:EndOfSequence/>` : ""}</${tag}>`,
  ];
}

function decodeItems(body: readonly XmlElement[], operation: string): EnumerateAnswer {
  const answer = body.find(({ ns, name }) => ns === NS.n && name === `${operation}Response`);
  if (answer === undefined) throw new Fault("wsman-answer-invalid", { operation, reason: `it has no ${operation}Response` });
  const items = child(answer, NS.w, "Items") ?? child(answer, NS.n, "Items");
  const of = (name: string): XmlElement[] => items?.children.filter((each) => each.ns === NS.rsp && each.name === name) ?? [];
  return {
    context: textOf(answer, NS.n, "EnumerationContext") ?? "",
    shells: of("Shell").map(readShell),
    commands: of("Command").map(readCommand),
    end: (child(answer, NS.w, "EndOfSequence") ?? child(answer, NS.n, "EndOfSequence")) !== undefined,
  };
}

function writeCommand({ commandId, commandLine, state }: CommandDescription): string {
  return (
    `<rsp:Command xmlns:rsp="${NS.rsp}">${element("rsp:CommandId", wireId(commandId))}` +
    `${element("rsp:CommandLine", commandLine)}${element("rsp:CommandState", state)}</rsp:Command>`
  );
}

function readCommand(command: XmlElement): CommandDescription {
  return {
    commandId: normalId(textOf(command, NS.rsp, "CommandId") ?? ""),
    commandLine: textOf(command, NS.rsp, "CommandLine") ?? "",
    state: textOf(command, NS.rsp, "CommandState") ?? "",
  };
}

export const GET = {
  encodeAnswer({ shell, config }: Resource): XmlPiece[] {
    if (shell !== undefined) return writeShell(shell);
    if (config === undefined) return [];
    return [
      `<cfg:Config xmlns:cfg="${NS.cfg}"><cfg:MaxEnvelopeSizekb>${config.maxEnvelopeSizeKb}</cfg:MaxEnvelopeSizekb>` +
        `<cfg:MaxTimeoutms>${config.maxTimeoutMs}</cfg:MaxTimeoutms><cfg:MaxBatchItems>${config.maxBatchItems}</cfg:MaxBatchItems></cfg:Config>`,
    ];
  },
  decodeAnswer(body: readonly XmlElement[]): Resource {
    const [resource] = body;
    if (resource === undefined) return {};
    if (resource.ns === NS.rsp && resource.name === "Shell") return { shell: readShell(resource) };
    const number = (name: string): number => Number(detached(textOf(resource, resource.ns, name) ?? "0")) || 0;
    if (resource.name !== "Config") return {};
    return {
      config: {
        maxEnvelopeSizeKb: number("MaxEnvelopeSizekb"),
        maxTimeoutMs: number("MaxTimeoutms"),
        maxBatchItems: number("MaxBatchItems"),
      },
    };
  },
};
