/**
 * Octets of a connection as whole LDAP messages, each of the form that a server's answers have (RFC 4511 4.1, 4.5.2; X.690
 * 8.1; definite lengths alone). What decodes them afterwards trusts tags and lengths: one that reaches too far would keep it
 * busy for ever.
 */

/** An entry with all its values fits many times. */
const MESSAGE_LIMIT = 16 * 1024 * 1024;
const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const ENUMERATED = 0x0a;
const SEQUENCE = 0x30;
const SET = 0x31;
const CONTROLS = 0xa0;
const REFERRAL = 0xa3;
const SEARCH_ENTRY = 0x64;
const SEARCH_REFERENCE = 0x73;
/** Answers that are a result with its code: bind, search, modify, add, delete, rename, compare, extended. */
const RESULTS: ReadonlySet<number> = new Set([0x61, 0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f, 0x78]);

interface Element {
  tag: number;
  /** Of its contents. */
  start: number;
  end: number;
}

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
      checkMessage(all, element);
      whole.push(all.subarray(at, element.end));
      at = element.end;
    }
    this.#chunks = at === all.length ? [] : [all.subarray(at)];
    this.#size = all.length - at;
    return whole;
  }
}

/** @throws Error */
function checkMessage(octets: Uint8Array, message: Element): void {
  const [id, operation, controls, ...more] = within(octets, message);
  if (id?.tag !== INTEGER || operation === undefined || more.length > 0) throw new Error("a message of another form");
  const parts = within(octets, operation);
  if (operation.tag === SEARCH_ENTRY) checkEntry(octets, parts);
  else if (operation.tag === SEARCH_REFERENCE) requireAll(parts, OCTET_STRING);
  else if (RESULTS.has(operation.tag)) checkResult(octets, parts);
  else throw new Error("an operation that is no answer");
  if (controls === undefined) return;
  requireAll([controls], CONTROLS);
  for (const control of requireAll(within(octets, controls), SEQUENCE)) requireAll(within(octets, control).slice(0, 1), OCTET_STRING);
}

function checkEntry(octets: Uint8Array, [name, attributes, ...more]: readonly Element[]): void {
  if (name?.tag !== OCTET_STRING || attributes?.tag !== SEQUENCE || more.length > 0) throw new Error("an entry of another form");
  for (const attribute of requireAll(within(octets, attributes), SEQUENCE)) {
    const [type, values, ...others] = within(octets, attribute);
    if (type?.tag !== OCTET_STRING || values?.tag !== SET || others.length > 0) throw new Error("an attribute of another form");
    requireAll(within(octets, values), OCTET_STRING);
  }
}

function checkResult(octets: Uint8Array, [code, matched, text, ...more]: readonly Element[]): void {
  if (code?.tag !== ENUMERATED || matched?.tag !== OCTET_STRING || text?.tag !== OCTET_STRING) throw new Error("a result of another form");
  for (const element of more) if (element.tag === REFERRAL) requireAll(within(octets, element), OCTET_STRING);
}

function requireAll(elements: readonly Element[], tag: number): readonly Element[] {
  if (elements.some((element) => element.tag !== tag)) throw new Error("an element of another kind");
  return elements;
}

/** The elements that fill what holds them, to the octet. */
function within(octets: Uint8Array, holder: Element): Element[] {
  const found: Element[] = [];
  for (let at = holder.start; at < holder.end;) {
    const element = elementAt(octets.subarray(0, holder.end), at);
    if (element === undefined || element.end > holder.end) throw new Error("an element reaches beyond what holds it");
    found.push(element);
    at = element.end;
  }
  return found;
}

/** Where the contents of the element begin and end; undefined where its head is not whole. @throws Error */
function elementAt(octets: Uint8Array, at: number): Element | undefined {
  const tag = octets[at];
  const first = octets[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  if ((tag & 0x1f) === 0x1f) throw new Error("a tag that LDAP does not have");
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first };
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new Error("a length that LDAP does not have");
  if (at + 2 + size > octets.length) return undefined;
  let length = 0;
  for (let i = 0; i < size; i += 1) length = length * 256 + (octets[at + 2 + i] ?? 0);
  return { tag, start: at + 2 + size, end: at + 2 + size + length };
}
