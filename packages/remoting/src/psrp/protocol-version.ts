/**
 * Which versions the two ends settle on ([MS-PSRP] 3.1.5.4.1, 3.2.5.4.1).
 *
 * | server answers            | client                    |   | client says              | server                        |
 * |---------------------------|---------------------------|---|--------------------------|-------------------------------|
 * | its own version           | goes on                   |   | 2.0, 2.1, 2.2, 2.3       | repeats it                    |
 * | 2.0, 2.1, 2.2, 2.3        | goes on with that         |   | 2.4 or a later minor     | answers 2.4                   |
 * | any other                 | client-negotiation-failed |   | any other                | answers, server-negotiation-failed |
 * | other PSVersion or SerializationVersion | the same    |   | another major of these   | the same                      |
 *
 * Connecting to a session that exists needs 2.2 or later.
 */
import { Fault } from "@tieline/fault";
import type { SessionCapability } from "./messages/capability.ts";

/** What this library speaks. From 2.4 on there is no session key: secrets rely on the carrier's encryption. */
export const PROTOCOL_VERSION = "2.4";
/** Versions that a peer may fall back to. */
const FORMER: readonly string[] = ["2.0", "2.1", "2.2", "2.3"];
export const PS_VERSION = "2.0";
export const SERIALIZATION_VERSION = "1.1.0.1";
/** The PowerShell whose behaviour this library follows; named in refusals. */
export const BUILD = "7.6.5";

/** What an end says of itself. */
export function ownCapability(protocolVersion: string = PROTOCOL_VERSION, timeZone?: Uint8Array): SessionCapability {
  return {
    protocolVersion,
    psVersion: PS_VERSION,
    serializationVersion: SERIALIZATION_VERSION,
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

/** True where `version` is `least` or later; false for what is no version. */
export function atLeast(version: string | undefined, least: string): boolean {
  const parts = (version ?? "").split(".").map(Number);
  const wanted = least.split(".").map(Number);
  for (const [i, number] of wanted.entries()) {
    const part = parts[i] ?? 0;
    if (Number.isNaN(part) || parts.length < 2) return false;
    if (part !== number) return part > number;
  }
  return true;
}

/** The client's judgement of the server's answer. Throws `client-negotiation-failed`. */
export function acceptServer(own: SessionCapability, server: SessionCapability): void {
  const refuse = (what: string, version: string): Fault =>
    new Fault("client-negotiation-failed", { what, version, build: BUILD, protocol: own.protocolVersion });
  if (server.protocolVersion !== own.protocolVersion && !FORMER.includes(server.protocolVersion)) {
    throw refuse("protocolversion", server.protocolVersion);
  }
  if (server.psVersion !== own.psVersion) throw refuse("PSVersion", server.psVersion);
  if (server.serializationVersion !== own.serializationVersion) throw refuse("SerializationVersion", server.serializationVersion);
}

export interface Negotiated {
  /** What the server answers, also when it refuses. */
  answer: SessionCapability;
  /** Why it refuses. */
  refusal?: Fault;
}

/** The server's judgement of the client's capability; `connecting` is to a session that exists. */
export function acceptClient(own: SessionCapability, client: SessionCapability, connecting: boolean): Negotiated {
  const code = connecting ? "connect-negotiation-failed" : "server-negotiation-failed";
  const refuse = (what: string, version: string): Negotiated => ({
    answer: own,
    refusal: new Fault(code, { what, version, build: BUILD, protocol: own.protocolVersion }),
  });
  const former = FORMER.includes(client.protocolVersion) && (!connecting || atLeast(client.protocolVersion, "2.2"));
  if (!former && !sameMajor(client.protocolVersion, own.protocolVersion)) return refuse("protocolversion", client.protocolVersion);
  if (!sameMajor(client.psVersion, own.psVersion)) return refuse("PSVersion", client.psVersion);
  if (!sameMajor(client.serializationVersion, own.serializationVersion)) {
    return refuse("SerializationVersion", client.serializationVersion);
  }
  const lower = former && !atLeast(client.protocolVersion, own.protocolVersion);
  return { answer: lower ? { ...own, protocolVersion: client.protocolVersion } : own };
}

/** The same major version, and a minor one that is not smaller. */
function sameMajor(version: string, own: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  const [ownMajor, ownMinor] = own.split(".").map(Number);
  return major === ownMajor && (minor ?? 0) >= (ownMinor ?? 0);
}
