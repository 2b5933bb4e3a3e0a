/** A recorded request must become the right operation with the right ids and bytes, and be written again to the same. */
import { isDeepStrictEqual } from "node:util";
import { openMessage } from "../encryption.ts";
import { fragmentOf, type CommandLine, type SendBody, type SignalBody } from "../body/command.ts";
import type { ShellCreation } from "../body/shell.ts";
import { OPERATIONS, operationOf, type OperationName, type OperationRow } from "../operation.ts";
import { parseEnvelope, writeRequest } from "../soap/envelope.ts";
import { fragmentSizes, rawRequest, type RawRequest, type RecordedLine } from "./recording.ts";

const NAMES: Readonly<Record<string, OperationName>> = {
  Create: "create",
  Command: "command",
  Send: "send",
  Receive: "receive",
  Signal: "signal",
  Delete: "delete",
};

/** What is wrong, or undefined. */
export function checkRequest(xml: string): string | undefined {
  const raw = rawRequest(xml);
  const envelope = parseEnvelope(Buffer.from(xml), { bom: true });
  const { header, body } = envelope;
  if (envelope.problem !== undefined) return `header refused: ${envelope.problem.message}`;
  const operation = operationOf(header.action, body);
  if (operation !== NAMES[raw.name]) return `${operation} instead of ${raw.name}`;
  if (header.messageId !== raw.messageId) return `message id ${header.messageId}`;
  if (header.maxEnvelopeSize !== raw.maxEnvelopeSize) return `envelope size ${header.maxEnvelopeSize}`;
  if (raw.name !== "Create" && header.selectors?.["ShellId"]?.toLowerCase() !== raw.shellId)
    return `selector ${header.selectors?.["ShellId"]}`;
  const row = OPERATIONS[operation] as OperationRow<OperationName>;
  const decoded = row.decode(body);
  const wrong = checkBody(operation, decoded, raw);
  if (wrong !== undefined) return wrong;
  const again = parseEnvelope(writeRequest(header, row.encode(decoded)));
  if (!isDeepStrictEqual(again.header, header)) return `the header is not written again: ${JSON.stringify(again.header)}`;
  if (!isDeepStrictEqual(row.decode(again.body), decoded)) return "the body is not written again";
  return undefined;
}

function checkBody(operation: OperationName, decoded: object, raw: RawRequest): string | undefined {
  const { commandId } = operation === "send" ? ((decoded as SendBody).streams[0] ?? {}) : (decoded as { commandId?: string });
  if (commandId !== raw.commandId) return `command ${commandId} instead of ${raw.commandId}`;
  const loads = payloadOf(operation, decoded);
  if (loads.length !== raw.payload.length) return `${loads.length} loads instead of ${raw.payload.length}`;
  for (const [i, load] of loads.entries()) {
    if (!Buffer.from(raw.payload[i] as string, "base64").equals(load)) return `load ${i} differs`;
    if (fragmentSizes(load).length === 0) return `load ${i} is empty`;
  }
  if (operation === "send") {
    const names = (decoded as SendBody).streams.map(({ name }) => name);
    if (!isDeepStrictEqual(names, raw.streamNames)) return `streams ${names.join(" ")}`;
  }
  if (operation === "signal" && (decoded as SignalBody).code !== raw.code) return `code ${(decoded as SignalBody).code}`;
  return undefined;
}

function payloadOf(operation: OperationName, decoded: object): Uint8Array[] {
  if (operation === "create") return [(decoded as ShellCreation).creationXml ?? new Uint8Array(0)];
  if (operation === "command") return [fragmentOf(decoded as CommandLine)];
  if (operation === "send") return (decoded as SendBody).streams.map(({ bytes }) => bytes);
  return [];
}

/** A sealed request must open, given a context that knows its plain text. */
export function checkSealed(line: RecordedLine, plain: string): string | undefined {
  const contentType = line.headers?.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const text = Buffer.from(plain);
  let seen = "";
  const opened = openMessage(contentType, whole(line), {
    wrap: (body) => ({ header: new Uint8Array(0), body }),
    unwrap(header, body) {
      seen = `${header.length}+${body.length}`;
      // The client's plain text ends with NULs, which count.
      return Buffer.concat([text, Buffer.alloc((line.plainLength ?? 0) - text.length)]);
    },
  });
  if (seen !== `${line.signatureLength}+${line.cipherLength}`) return `signature and cipher have ${seen} bytes`;
  return text.equals(opened) ? undefined : "the plain text differs";
}

/** Of a long message only the beginning was kept: the cipher text is made up to its length. */
function whole({ bodyBase64 = "", headText = "", signatureLength = 0, cipherLength = 0, tail = "" }: RecordedLine): Uint8Array {
  const kept = Buffer.from(bodyBase64, "base64");
  if (kept.toString("latin1").endsWith(tail)) return kept;
  const end = Buffer.byteLength(headText) + 4 + signatureLength + cipherLength;
  return Buffer.concat([kept, Buffer.alloc(end - kept.length, 0xa5), Buffer.from(tail)]);
}
