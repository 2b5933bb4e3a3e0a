/**
 * The lab's domain names, and the answer to a question about them (RFC 1034 4.3.2, RFC 1035 4.1): authoritative for its
 * zones and for nothing else. Pure: a packet in, a packet out.
 *
 *     a name of the zone with the type         its records; an alias is followed inside our zones
 *     a name without the type, or with names   NOERROR and the zone's SOA (RFC 2308 2.2)
 *     below it only
 *     no name of the zone                      NXDOMAIN and the zone's SOA (RFC 2308 2.1)
 *     no zone of ours, another class, AXFR     REFUSED
 *     another operation                        NOTIMP
 *     a damaged packet, an answer              nothing: who sends that is not helped by words
 */
import { decode, encode, type Answer, type DecodedPacket, type OptAnswer } from "dns-packet";

export interface Zone {
  /** In lower case, as all names here. */
  readonly name: string;
  readonly records: readonly ZoneRecord[];
}

export type ZoneRecord =
  | { name: string; type: "A" | "CNAME" | "NS" | "TXT"; data: string }
  | { name: string; type: "SRV"; data: { target: string; port: number; priority: number; weight: number } }
  | {
      name: string;
      type: "SOA";
      data: { mname: string; rname: string; serial: number; refresh: number; retry: number; expire: number; minimum: number };
    };

/** Short, for a lab is changed while it is looked at. Seconds. */
const TTL = 60;
/** What fits in a datagram without EDNS (RFC 1035 4.2.1), and with it on any path (DNS flag day 2020). */
const DATAGRAM = 512;
const EDNS_DATAGRAM = 1232;
const MAX_ALIASES = 8;

const RCODE = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
const FLAG = { aa: 0x0400, tc: 0x0200, rd: 0x0100, opcode: 0x7800 } as const;

interface Verdict {
  rcode: number;
  authoritative?: boolean;
  answers?: readonly ZoneRecord[];
  authorities?: readonly ZoneRecord[];
}

/** The answer's bytes, or undefined where none is due. */
export function answerPacket(zones: readonly Zone[], packet: Uint8Array, carrier: "udp" | "tcp"): Uint8Array | undefined {
  const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  let asked: DecodedPacket;
  try {
    asked = decode(bytes);
  } catch {
    return undefined;
  }
  if (asked.type === "response") return undefined;
  const options = (asked.additionals ?? []).filter((record): record is OptAnswer => record.type === "OPT");
  const edns = options[0] as (OptAnswer & { ednsVersion?: number; udpPayloadSize?: number }) | undefined;
  // The question goes back byte for byte: whoever scrambles its letter case against forgers compares it.
  const question = asked.questions?.length === 1 ? rawQuestion(bytes) : undefined;
  const limit =
    carrier === "tcp" ? 65_535 : edns === undefined ? DATAGRAM : Math.min(EDNS_DATAGRAM, Math.max(DATAGRAM, edns.udpPayloadSize ?? 0));
  const badVersion = (edns?.ednsVersion ?? 0) !== 0;
  const verdict = judge(zones, asked, question, options.length, badVersion);
  const send = (answers: readonly ZoneRecord[], authorities: readonly ZoneRecord[], truncated: boolean): Uint8Array =>
    withQuestion(
      encode({
        id: asked.id ?? 0,
        type: "response",
        flags:
          ((asked.flags ?? 0) & (FLAG.opcode | FLAG.rd)) |
          (verdict.authoritative === true ? FLAG.aa : 0) |
          (truncated ? FLAG.tc : 0) |
          verdict.rcode,
        questions: [],
        answers: answers.map(toAnswer),
        authorities: authorities.map(toAnswer),
        additionals: edns === undefined ? [] : [ednsAnswer(badVersion)],
      }),
      question,
    );
  const whole = send(verdict.answers ?? [], verdict.authorities ?? [], false);
  return whole.length <= limit ? whole : send([], [], true);
}

function judge(
  zones: readonly Zone[],
  asked: DecodedPacket,
  question: Uint8Array | undefined,
  options: number,
  badVersion: boolean,
): Verdict {
  if ((asked as { opcode?: string }).opcode !== "QUERY") return { rcode: RCODE.NOTIMP };
  const [one] = asked.questions ?? [];
  if (one === undefined || question === undefined || options > 1) return { rcode: RCODE.FORMERR };
  // RFC 6891 6.1.3: the extended code is in the OPT record.
  if (badVersion) return { rcode: RCODE.NOERROR };
  const type: string = one.type;
  if ((one.class ?? "IN") !== "IN" || type === "AXFR" || type === "IXFR") return { rcode: RCODE.REFUSED };
  return find(zones, one.name.toLowerCase(), type);
}

function find(zones: readonly Zone[], name: string, type: string): Verdict {
  const answers: ZoneRecord[] = [];
  let wanted = name;
  for (let alias = 0; alias <= MAX_ALIASES; alias++) {
    const zone = zoneOf(zones, wanted);
    // An alias that leads out of our zones is the asker's to follow.
    if (zone === undefined) return answers.length === 0 ? { rcode: RCODE.REFUSED } : { rcode: RCODE.NOERROR, authoritative: true, answers };
    const here = zone.records.filter((record) => record.name === wanted);
    const found = here.filter((record) => type === "ANY" || record.type === type);
    if (found.length > 0) return { rcode: RCODE.NOERROR, authoritative: true, answers: [...answers, ...found] };
    const canonical = here.find((record) => record.type === "CNAME");
    if (canonical === undefined || typeof canonical.data !== "string") {
      const exists = here.length > 0 || zone.records.some((record) => record.name.endsWith(`.${wanted}`));
      const authorities = zone.records.filter((record) => record.type === "SOA");
      return { rcode: exists ? RCODE.NOERROR : RCODE.NXDOMAIN, authoritative: true, answers, authorities };
    }
    answers.push(canonical);
    wanted = canonical.data;
  }
  return { rcode: RCODE.NOERROR, authoritative: true, answers };
}

/** The closest zone above the name. */
function zoneOf(zones: readonly Zone[], name: string): Zone | undefined {
  return zones
    .filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`))
    .reduce<Zone | undefined>((best, zone) => (best !== undefined && best.name.length >= zone.name.length ? best : zone), undefined);
}

function toAnswer(record: ZoneRecord): Answer {
  return { ...record, ttl: TTL, class: "IN" } as Answer;
}

function ednsAnswer(badVersion: boolean): Answer {
  // BADVERS is 16: its upper bits stand here, its lower four in the header.
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize: EDNS_DATAGRAM,
    extendedRcode: badVersion ? 1 : 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  } as unknown as Answer;
}

/** Name, type and class of the first question; undefined where the name is compressed, which nothing before it allows. */
function rawQuestion(bytes: Buffer): Buffer | undefined {
  let at = 12;
  for (let length = bytes[at] ?? 0; length !== 0; length = bytes[at] ?? 0) {
    if (length > 63) return undefined;
    at += length + 1;
  }
  return bytes.subarray(12, at + 5);
}

/** The encoder writes no compressed names, so the question can be put in place behind the header. */
function withQuestion(packet: Buffer, question: Uint8Array | undefined): Uint8Array {
  if (question === undefined) return packet;
  packet.writeUInt16BE(1, 4);
  return Buffer.concat([packet.subarray(0, 12), question, packet.subarray(12)]);
}
