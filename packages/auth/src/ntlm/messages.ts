/**
 * The three messages of NTLM ([MS-NLMP] 2.2.1.1 to 2.2.1.3) as bytes. Strings are Unicode only: the OEM character sets
 * of the old world are not read.
 */
import { Fault } from "@tieline/fault";
import { concat, fromUtf16, toUtf16 } from "../octets.ts";
import { has, NEGOTIATE } from "./flags.ts";

const SIGNATURE = new Uint8Array([0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0]);
/** A token larger than this is no NTLM message; Windows' own limit is 2,888 bytes, ours leaves room for long names. */
export const MAXIMUM_NTLM_TOKEN = 16_384;
/** VERSION 10.0, revision 15 (2.2.2.10): for debugging only, says the specification; old servers log it. */
const VERSION = new Uint8Array([10, 0, 0, 0, 0, 0, 0, 15]);
/** Where AUTHENTICATE_MESSAGE keeps its MIC. */
export const MIC_OFFSET = 72;
const MIC_LENGTH = 16;

export interface NegotiateMessage {
  readonly flags: number;
}

export interface ChallengeMessage {
  readonly flags: number;
  readonly serverChallenge: Uint8Array;
  readonly targetName: string;
  /** AV pairs as they came; empty where the server sent none. */
  readonly targetInfo: Uint8Array;
}

export interface AuthenticateMessage {
  readonly flags: number;
  readonly lmResponse: Uint8Array;
  readonly ntResponse: Uint8Array;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  readonly encryptedSessionKey: Uint8Array;
  /** Undefined where the message leaves no room for one. */
  readonly mic: Uint8Array | undefined;
}

/** True for bytes that begin as every NTLM message does. */
export function isNtlm(token: Uint8Array): boolean {
  return token.length >= 12 && SIGNATURE.every((byte, i) => token[i] === byte);
}

/** 1, 2 or 3; undefined for what is no NTLM message. */
export function ntlmMessageType(token: Uint8Array): number | undefined {
  return isNtlm(token) ? new DataView(token.buffer, token.byteOffset).getUint32(8, true) : undefined;
}

function malformed(what: string): Fault {
  return new Fault("token-malformed", { mechanism: "NTLM", what });
}

function open(token: Uint8Array, type: number, minimum: number): DataView {
  if (token.length > MAXIMUM_NTLM_TOKEN) throw malformed(`${token.length} bytes`);
  const found = ntlmMessageType(token);
  if (found === undefined) throw malformed("no NTLM signature");
  if (found !== type) throw new Fault("token-unexpected", { mechanism: "NTLM", what: `message ${found} where ${type} was due` });
  if (token.length < minimum) throw malformed(`${token.length} bytes only`);
  return new DataView(token.buffer, token.byteOffset, token.length);
}

/** A field (length, maximum length, offset) of the fixed part, and the bytes it points at. */
function field(view: DataView, token: Uint8Array, at: number, name: string): Uint8Array {
  const length = view.getUint16(at, true);
  const offset = view.getUint32(at + 4, true);
  if (length === 0) return new Uint8Array();
  if (offset + length > token.length) throw malformed(`${name} lies outside the message`);
  return token.slice(offset, offset + length);
}

function text(bytes: Uint8Array, name: string): string {
  if (bytes.length % 2 !== 0) throw malformed(`${name} of an odd length`);
  return fromUtf16(bytes);
}

/** Fixed part and payload, fields pointed at in the order given. */
class Writer {
  readonly #fixed: Uint8Array;
  readonly #view: DataView;
  readonly #payload: Uint8Array[] = [];
  #end: number;

  constructor(type: number, fixedLength: number) {
    this.#fixed = new Uint8Array(fixedLength);
    this.#view = new DataView(this.#fixed.buffer);
    this.#end = fixedLength;
    this.#fixed.set(SIGNATURE);
    this.#view.setUint32(8, type, true);
  }

  flags(at: number, flags: number): this {
    this.#view.setUint32(at, flags, true);
    return this;
  }

  bytes(at: number, bytes: Uint8Array): this {
    this.#fixed.set(bytes, at);
    return this;
  }

  field(at: number, bytes: Uint8Array): this {
    this.#view.setUint16(at, bytes.length, true);
    this.#view.setUint16(at + 2, bytes.length, true);
    this.#view.setUint32(at + 4, this.#end, true);
    this.#payload.push(bytes);
    this.#end += bytes.length;
    return this;
  }

  done(): Uint8Array {
    return concat(this.#fixed, ...this.#payload);
  }
}

const NOTHING = new Uint8Array();

/** 2.2.1.1. Neither domain nor workstation is sent: they were for servers without Unicode. */
export function encodeNegotiate(message: NegotiateMessage): Uint8Array {
  const withVersion = has(message.flags, NEGOTIATE.VERSION);
  const writer = new Writer(1, withVersion ? 40 : 32).flags(12, message.flags).field(16, NOTHING).field(24, NOTHING);
  return (withVersion ? writer.bytes(32, VERSION) : writer).done();
}

/** @throws Fault `token-malformed`, `token-unexpected` */
export function decodeNegotiate(token: Uint8Array): NegotiateMessage {
  // Some clients end after the flags; nothing else is of use to us.
  return { flags: open(token, 1, 16).getUint32(12, true) };
}

/** 2.2.1.2 */
export function encodeChallenge(message: ChallengeMessage): Uint8Array {
  return new Writer(2, 56)
    .field(12, toUtf16(message.targetName))
    .flags(20, message.flags)
    .bytes(24, message.serverChallenge)
    .field(40, message.targetInfo)
    .bytes(48, has(message.flags, NEGOTIATE.VERSION) ? VERSION : NOTHING)
    .done();
}

/** @throws Fault `token-malformed`, `token-unexpected` */
export function decodeChallenge(token: Uint8Array): ChallengeMessage {
  const view = open(token, 2, 32);
  const flags = view.getUint32(20, true);
  const name = field(view, token, 12, "the target's name");
  return {
    flags,
    serverChallenge: token.slice(24, 32),
    targetName: has(flags, NEGOTIATE.UNICODE) ? text(name, "the target's name") : "",
    targetInfo: has(flags, NEGOTIATE.TARGET_INFO) && token.length >= 48 ? field(view, token, 40, "the target information") : NOTHING,
  };
}

/** 2.2.1.3, always with room for a MIC (zero where `mic` is undefined). */
export function encodeAuthenticate(message: AuthenticateMessage): Uint8Array {
  return new Writer(3, MIC_OFFSET + MIC_LENGTH)
    .field(28, toUtf16(message.domain))
    .field(36, toUtf16(message.user))
    .field(44, toUtf16(message.workstation))
    .field(12, message.lmResponse)
    .field(20, message.ntResponse)
    .field(52, message.encryptedSessionKey)
    .flags(60, message.flags)
    .bytes(64, has(message.flags, NEGOTIATE.VERSION) ? VERSION : NOTHING)
    .bytes(MIC_OFFSET, message.mic ?? NOTHING)
    .done();
}

/** @throws Fault `token-malformed`, `token-unexpected` */
export function decodeAuthenticate(token: Uint8Array): AuthenticateMessage {
  const view = open(token, 3, 52);
  const withFlags = token.length >= 64;
  const flags = withFlags ? view.getUint32(60, true) : 0;
  const names = [28, 36, 44].map((at) => field(view, token, at, "a name"));
  const unicode = has(flags, NEGOTIATE.UNICODE);
  const [domain = "", user = "", workstation = ""] = names.map((name) => {
    // An OEM name is of no use for NTLMv2, whose hash is over Unicode; what is ASCII in it can still be told in a fault.
    return unicode ? text(name, "a name") : Buffer.from(name).toString("latin1");
  });
  const starts = [12, 20, 28, 36, 44, 52]
    .filter((at) => at !== 52 || withFlags)
    .filter((at) => view.getUint16(at, true) > 0)
    .map((at) => view.getUint32(at + 4, true));
  const roomForMic = token.length >= MIC_OFFSET + MIC_LENGTH && Math.min(...starts) >= MIC_OFFSET + MIC_LENGTH;
  return {
    flags,
    lmResponse: field(view, token, 12, "the LM response"),
    ntResponse: field(view, token, 20, "the NT response"),
    domain,
    user,
    workstation,
    encryptedSessionKey: withFlags ? field(view, token, 52, "the session key") : NOTHING,
    mic: roomForMic ? token.slice(MIC_OFFSET, MIC_OFFSET + MIC_LENGTH) : undefined,
  };
}

/** The message with zeros in place of the MIC, which is what the MIC is computed over (3.1.5.1.2). */
export function withoutMic(token: Uint8Array): Uint8Array {
  const copy = token.slice();
  copy.fill(0, MIC_OFFSET, MIC_OFFSET + MIC_LENGTH);
  return copy;
}
