/**
 * The little of DER (X.690) that security tokens and certificates need: definite lengths, single-byte tags.
 * A reader looks at its bytes and copies none; depth is bounded by its caller, which walks by name.
 */
import { Fault } from "@tieline/fault";
import { concat } from "../octets.ts";

/** Tags, as the byte that stands first. */
export const Der = {
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  SEQUENCE: 0x30,
  GENERAL_STRING: 0x1b,
  /** [APPLICATION 0], constructed: a GSS-API initial token (RFC 2743 3.1). */
  APPLICATION_0: 0x60,
} as const;

const MAXIMUM_CHILDREN = 256;

/** One element: tag and contents. */
export class DerNode {
  readonly tag: number;
  readonly contents: Uint8Array;
  /** The element with its tag and length, as it came. */
  readonly whole: Uint8Array;
  readonly #what: string;

  constructor(tag: number, contents: Uint8Array, whole: Uint8Array, what: string) {
    this.tag = tag;
    this.contents = contents;
    this.whole = whole;
    this.#what = what;
  }

  /** This node, if it has that tag. @throws Fault `token-malformed` */
  expect(tag: number): this {
    if (this.tag !== tag) throw malformed(this.#what, `tag ${this.tag} where ${tag} was due`);
    return this;
  }

  /** The elements inside. @throws Fault `token-malformed` */
  children(): DerNode[] {
    const nodes: DerNode[] = [];
    for (let at = 0; at < this.contents.length;) {
      const node = element(this.contents, at, this.#what);
      nodes.push(node);
      if (nodes.length > MAXIMUM_CHILDREN) throw malformed(this.#what, "too many elements");
      at += node.whole.length;
    }
    return nodes;
  }

  /** The only element inside an explicit tag. */
  only(): DerNode {
    const node = element(this.contents, 0, this.#what);
    if (node.whole.length !== this.contents.length) throw malformed(this.#what, "more than one element");
    return node;
  }

  fail(what: string): Fault {
    return malformed(this.#what, what);
  }
}

function malformed(mechanism: string, what: string): Fault {
  return new Fault("token-malformed", { mechanism, what });
}

function element(bytes: Uint8Array, at: number, what: string): DerNode {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw malformed(what, "cut off");
  if ((tag & 0x1f) === 0x1f) throw malformed(what, "a tag of several bytes");
  let length = first;
  let head = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw malformed(what, "a length that DER does not allow");
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? Number.NaN);
    if (Number.isNaN(length)) throw malformed(what, "cut off");
    head += count;
  }
  const end = at + head + length;
  if (end > bytes.length) throw malformed(what, "cut off");
  return new DerNode(tag, bytes.subarray(at + head, end), bytes.subarray(at, end), what);
}

/**
 * The first element of the bytes; what follows it is left alone.
 *
 * @param what the name that a fault gives the whole: "SPNEGO", "X.509"
 * @throws Fault `token-malformed`
 */
export function readDer(bytes: Uint8Array, what: string): DerNode {
  return element(bytes, 0, what);
}

/** An element from its tag and contents. */
export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const inner = concat(...contents);
  if (inner.length < 0x80) return concat(new Uint8Array([tag, inner.length]), inner);
  const length: number[] = [];
  for (let rest = inner.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return concat(new Uint8Array([tag, 0x80 | length.length, ...length]), inner);
}

/** An OBJECT IDENTIFIER as its dotted form. @throws Fault `token-malformed` */
export function oidOf(node: DerNode): string {
  const bytes = node.expect(Der.OID).contents;
  if (bytes.length === 0 || bytes.length > 64) throw node.fail("an object identifier of an odd length");
  const arcs: number[] = [];
  let value = 0;
  for (const [i, byte] of bytes.entries()) {
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) throw node.fail("an object identifier with too large an arc");
    if (byte >= 0x80) {
      if (i === bytes.length - 1) throw node.fail("an object identifier that is cut off");
      continue;
    }
    if (arcs.length === 0) arcs.push(Math.min(2, Math.floor(value / 40)), value - 40 * Math.min(2, Math.floor(value / 40)));
    else arcs.push(value);
    value = 0;
  }
  return arcs.join(".");
}

/** A dotted form as an OBJECT IDENTIFIER element. */
export function writeOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) digits.unshift((high % 128) | 0x80);
    return digits;
  });
  return writeDer(Der.OID, new Uint8Array(bytes));
}
