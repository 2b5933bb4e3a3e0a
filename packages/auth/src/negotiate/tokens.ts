/**
 * SPNEGO's tokens (RFC 4178 4.2; NegTokenInit2: [MS-SPNG] 2.2.1) as bytes.
 *
 *     initial   [APPLICATION 0] { OID 1.3.6.1.5.5.2, [0] NegTokenInit }
 *     later     [1] NegTokenResp
 */
import { Fault } from "@tieline/fault";
import { Der, oidOf, readDer, writeDer, writeOid, type DerNode } from "../asn1/der.ts";

export const SPNEGO_OID = "1.3.6.1.5.5.2";
export const NTLM_OID = "1.3.6.1.4.1.311.2.2.10";
export const KERBEROS_OID = "1.2.840.113554.1.2.2";
/** What Windows 2000 wrote in its place; Windows still lists it first. */
export const MS_KERBEROS_OID = "1.2.840.48018.1.2.2";

/** Tokens are bounded by HTTP's header size elsewhere; a Kerberos ticket with many groups reaches 48 kB. */
export const MAXIMUM_NEGOTIATE_TOKEN = 65_536;
const MAXIMUM_MECHANISMS = 16;

/** NegState (4.2.2). */
export const NEG_STATE = { ACCEPT_COMPLETED: 0, ACCEPT_INCOMPLETE: 1, REJECT: 2, REQUEST_MIC: 3 } as const;

export interface NegTokenInit {
  readonly kind: "init";
  readonly mechanisms: readonly string[];
  /** The list as DER, byte for byte: what a mechListMIC is computed over. */
  readonly mechanismList: Uint8Array;
  readonly token?: Uint8Array;
  readonly mic?: Uint8Array;
}

export interface NegTokenResp {
  readonly kind: "response";
  readonly state?: number;
  readonly mechanism?: string;
  readonly token?: Uint8Array;
  readonly mic?: Uint8Array;
}

const SPNEGO = "SPNEGO";

export function encodeMechanismList(mechanisms: readonly string[]): Uint8Array {
  return writeDer(Der.SEQUENCE, ...mechanisms.map(writeOid));
}

export function encodeInit(message: { mechanisms: readonly string[]; token?: Uint8Array | undefined }): Uint8Array {
  const fields = [
    writeDer(0xa0, encodeMechanismList(message.mechanisms)),
    ...(message.token === undefined ? [] : [writeDer(0xa2, writeDer(Der.OCTET_STRING, message.token))]),
  ];
  return writeDer(Der.APPLICATION_0, writeOid(SPNEGO_OID), writeDer(0xa0, writeDer(Der.SEQUENCE, ...fields)));
}

export function encodeResponse(message: Omit<NegTokenResp, "kind">): Uint8Array {
  const fields = [
    ...(message.state === undefined ? [] : [writeDer(0xa0, writeDer(Der.ENUMERATED, new Uint8Array([message.state])))]),
    ...(message.mechanism === undefined ? [] : [writeDer(0xa1, writeOid(message.mechanism))]),
    ...(message.token === undefined ? [] : [writeDer(0xa2, writeDer(Der.OCTET_STRING, message.token))]),
    ...(message.mic === undefined ? [] : [writeDer(0xa3, writeDer(Der.OCTET_STRING, message.mic))]),
  ];
  return writeDer(0xa1, writeDer(Der.SEQUENCE, ...fields));
}

/** The mechanism that a GSS-API initial token (RFC 2743 3.1) is of, or undefined for other bytes. */
export function initialTokenMechanism(token: Uint8Array): string | undefined {
  if (token[0] !== Der.APPLICATION_0) return undefined;
  try {
    // The contents of a raw Kerberos token are not DER after the identifier: only the first element is looked at.
    return oidOf(readDer(readDer(token, SPNEGO).contents, SPNEGO));
  } catch {
    return undefined;
  }
}

/** @throws Fault `token-malformed` */
export function decodeNegotiateToken(token: Uint8Array): NegTokenInit | NegTokenResp {
  if (token.length > MAXIMUM_NEGOTIATE_TOKEN) throw new Fault("token-malformed", { mechanism: SPNEGO, what: `${token.length} bytes` });
  const outer = readDer(token, SPNEGO);
  if (outer.tag === 0xa1) return decodeResponse(outer);
  const [oid, inner] = outer.expect(Der.APPLICATION_0).children();
  if (oid === undefined || inner === undefined || oidOf(oid) !== SPNEGO_OID) throw outer.fail("not of this mechanism");
  return decodeInit(inner.expect(0xa0));
}

function decodeInit(node: DerNode): NegTokenInit {
  let list: DerNode | undefined;
  let token: Uint8Array | undefined;
  let mic: Uint8Array | undefined;
  for (const field of node.only().expect(Der.SEQUENCE).children()) {
    const value = field.only();
    if (field.tag === 0xa0) list = value.expect(Der.SEQUENCE);
    else if (field.tag === 0xa2) token = value.expect(Der.OCTET_STRING).contents.slice();
    // [3] is the MIC in RFC 4178, and hints for the initiator in NegTokenInit2, which has the MIC as [4].
    else if ((field.tag === 0xa3 || field.tag === 0xa4) && value.tag === Der.OCTET_STRING) mic = value.contents.slice();
  }
  if (list === undefined) throw node.fail("no list of mechanisms");
  const mechanisms = list.children().map(oidOf);
  if (mechanisms.length === 0 || mechanisms.length > MAXIMUM_MECHANISMS) throw node.fail(`${mechanisms.length} mechanisms`);
  return {
    kind: "init",
    mechanisms,
    mechanismList: list.whole.slice(),
    ...(token === undefined ? {} : { token }),
    ...(mic === undefined ? {} : { mic }),
  };
}

function decodeResponse(node: DerNode): NegTokenResp {
  const out: { state?: number; mechanism?: string; token?: Uint8Array; mic?: Uint8Array } = {};
  for (const field of node.only().expect(Der.SEQUENCE).children()) {
    const value = field.only();
    if (field.tag === 0xa0) {
      const [state] = value.expect(Der.ENUMERATED).contents;
      if (value.contents.length !== 1 || state === undefined || state > NEG_STATE.REQUEST_MIC) throw node.fail("an unknown state");
      out.state = state;
    } else if (field.tag === 0xa1) out.mechanism = oidOf(value);
    else if (field.tag === 0xa2) out.token = value.expect(Der.OCTET_STRING).contents.slice();
    else if (field.tag === 0xa3) out.mic = value.expect(Der.OCTET_STRING).contents.slice();
  }
  return { kind: "response", ...out };
}
