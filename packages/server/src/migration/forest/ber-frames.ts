/**
 * Octets of a connection as whole LDAP messages, each well-formed (X.690 8.1; RFC 4511 5.1: definite lengths alone). What
 * decodes them afterwards trusts lengths: one that reaches too far would keep it busy for ever.
 */

/** An entry with all its values fits many times. */
const MESSAGE_LIMIT = 16 * 1024 * 1024;
/** Filters aside, which nobody sends here, LDAP's own structures are not nearly so deep. */
const DEPTH_LIMIT = 32;
const SEQUENCE = 0x30;
/** Of a tag: it holds other elements. */
const CONSTRUCTED = 0x20;

export class BerFrames {
  #chunks: Uint8Array[] = [];
  #size = 0;
  /** What has to be there before it is worth looking again. */
  #wanted = 2;

  /** The messages that are whole with these octets. @throws Error what no message can be */
  push(octets: Uint8Array): Uint8Array[] {
    this.#chunks.push(octets);
    this.#size += octets.length;
    if (this.#size < this.#wanted) return [];
    const all = Buffer.concat(this.#chunks);
    const whole: Uint8Array[] = [];
    let at = 0;
    this.#wanted = 2;
    while (at < all.length) {
      if (all[at] !== SEQUENCE) throw new Error("a message does not begin as one");
      const element = elementAt(all, at);
      if (element === undefined) {
        this.#wanted = all.length - at + 1;
        break;
      }
      if (element.end - at > MESSAGE_LIMIT) throw new Error(`a message of ${element.end - at} octets`);
      if (element.end > all.length) {
        this.#wanted = element.end - at;
        break;
      }
      check(all, element.start, element.end, 1);
      whole.push(all.subarray(at, element.end));
      at = element.end;
    }
    this.#chunks = at === all.length ? [] : [all.subarray(at)];
    this.#size = all.length - at;
    return whole;
  }
}

/** Elements fill what holds them, to the octet. */
function check(octets: Uint8Array, from: number, to: number, depth: number): void {
  if (depth > DEPTH_LIMIT) throw new Error("elements within elements without end");
  for (let at = from; at < to;) {
    const element = elementAt(octets.subarray(0, to), at);
    if (element === undefined || element.end > to) throw new Error("an element reaches beyond what holds it");
    if (((octets[at] ?? 0) & CONSTRUCTED) !== 0) check(octets, element.start, element.end, depth + 1);
    at = element.end;
  }
}

/** Where the contents of the element begin and end; undefined where its head is not whole. @throws Error */
function elementAt(octets: Uint8Array, at: number): { start: number; end: number } | undefined {
  const tag = octets[at];
  const first = octets[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  if ((tag & 0x1f) === 0x1f) throw new Error("a tag that LDAP does not have");
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new Error("a length that LDAP does not have");
  if (at + 2 + size > octets.length) return undefined;
  let length = 0;
  for (let i = 0; i < size; i += 1) length = length * 256 + (octets[at + 2 + i] ?? 0);
  return { start: at + 2 + size, end: at + 2 + size + length };
}
