/**
 * A scanner for the XML that CLIXML is made of: elements, attributes, text; fed in pieces of any size.
 *
 * It builds nothing: a `Sink` is told of each element. Two things make it fast. An element that holds text only is
 * reported as one event, cut from the buffer in one go; and a start tag is parsed once, remembered, and then
 * recognised where it is likely to come again, namely after the same tag as last time, by comparing characters.
 *
 * Refused, each with a fault: document types, and with them entities beyond XML's five. Comments and processing
 * instructions are passed over. What it holds back of an unfinished piece is bounded by the longest start tag, so that no way of
 * cutting the input costs more than linear time. Namespaces: prefixes are cut off; the sink sees the attributes.
 */
import { Fault } from "@tieline/fault";
import { decodeXml } from "./escape.ts";
import { type Classifier, detach, type Head, numberBefore, parseTag, type Rule, TRAILING_REFERENCE } from "./head.ts";

export interface Sink<R extends Rule> extends Classifier<R> {
  /** `reference` is the number of a trailing RefId, or -1. */
  open(head: Head<R>, reference: number): void;
  /** An element of text, closed. */
  leaf(head: Head<R>, text: string): void;
  close(head: Head<R>): void;
  /** Text between elements that is not white space. */
  stray(text: string): void;
  /** A CDATA section between elements; false where there may be none. */
  section(text: string): boolean;
}

export interface ScannerLimits {
  /** Open elements. */
  depth: number;
}

/** Characters of one start tag. */
const MAX_TAG = 65_536;
/** Start tags remembered; beyond them the memory starts anew. */
const MAX_HEADS = 8_192;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;
const AMPERSAND = 38;
const APOSTROPHE = 39;
const SLASH = 47;
const ZERO = 48;
const NINE = 57;
const LESS = 60;
const GREATER = 62;
const BRACKET = 93;
const BANG = 33;
const QUESTION = 63;

const IN_CONTENT = 0;
const IN_COMMENT = 1;
const IN_CDATA = 2;
const IN_INSTRUCTION = 3;

export class XmlScanner<R extends Rule> {
  readonly #sink: Sink<R>;
  readonly #limits: ScannerLimits;
  #heads = new Map<string, Head<R>>();
  #previous: Head<R> | undefined;
  readonly #open: Head<R>[] = [];
  #rest = "";
  #pending: string[] = [];
  #pendingLength = 0;
  #mode: number = IN_CONTENT;
  /** The text so far of the element of text that is open, where it did not come in one piece. */
  #text = "";
  #before = 0;
  #started = false;
  #ended = false;

  constructor(sink: Sink<R>, limits: ScannerLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Characters read so far, for the position in a fault. */
  position = 0;

  /** Characters received so far, also those not yet used. */
  received = 0;

  /** For several documents one after another: forgets the position, keeps the tags it knows. */
  reset(): void {
    this.#previous = undefined;
    this.#open.length = 0;
    this.#rest = "";
    this.#pending = [];
    this.#pendingLength = 0;
    this.#mode = IN_CONTENT;
    this.#text = "";
    this.#before = 0;
    this.position = 0;
    this.received = 0;
    this.#started = false;
    this.#ended = false;
  }

  write(chunk: string): void {
    if (chunk === "") return;
    this.received += chunk.length;
    if (this.#rest !== "" || this.#pendingLength > 0) {
      // An unfinished tag waits for its ">": until that is here, the pieces are only collected.
      this.#pending.push(chunk);
      this.#pendingLength += chunk.length;
      const inTag =
        this.#mode === IN_CONTENT && this.#rest.startsWith("<") && this.#rest.length > 1 && this.#rest[1] !== "!" && this.#rest[1] !== "?";
      if (inTag && !chunk.includes(">") && this.#pendingLength + this.#rest.length <= MAX_TAG) return;
      chunk = this.#rest + this.#pending.join("");
      this.#rest = "";
      this.#pending = [];
      this.#pendingLength = 0;
    }
    const used = this.#scan(chunk);
    this.#before += used;
    this.position = this.#before;
    if (used < chunk.length) this.#rest = detach(used === 0 ? chunk : chunk.slice(used));
  }

  /** The input is complete. */
  end(): void {
    const rest = this.#rest + this.#pending.join("");
    if (this.#open.length > 0) {
      const names = this.#open
        .slice(-8)
        .map((head) => head.name)
        .join(", ");
      throw this.#malformed(`the input ends inside ${names}`);
    }
    if (NOT_SPACE.test(rest) || this.#mode !== IN_CONTENT) throw this.#malformed("the input ends inside a tag");
    if (!this.#started) throw this.#malformed("there is no element");
  }

  #malformed(what: string): Fault {
    return new Fault("clixml-malformed", { what, position: this.position });
  }

  /** Reads what is complete; gives the number of characters used up. */
  #scan(text: string): number {
    const sink = this.#sink;
    const open = this.#open;
    const length = text.length;
    let at = 0;
    for (;;) {
      if (this.#mode !== IN_CONTENT) {
        at = this.#skip(text, at);
        if (this.#mode !== IN_CONTENT) return at;
      }
      const top = open.length === 0 ? undefined : (open[open.length - 1] as Head<R>);
      if (top !== undefined && top.rule.leaf) {
        const end = text.indexOf("<", at);
        const stop = end < 0 ? this.#safeEnd(text, at) : end;
        if (stop > at) this.#text += this.#decoded(text.slice(at, stop));
        at = stop;
        if (end < 0) return at;
      } else {
        let code = text.charCodeAt(at);
        while (code === LF || code === SPACE || code === CR || code === TAB) code = text.charCodeAt(++at);
        if (at >= length) return length;
        if (code !== LESS) {
          this.position = this.#before + at;
          const end = text.indexOf("<", at);
          if (end < 0) {
            // Enough is here to know that it is not white space.
            this.#stray(text.slice(at, Math.min(length, at + 64)));
            return length;
          }
          this.#stray(text.slice(at, end));
          at = end;
        }
      }

      // Here stands a "<".
      const predicted: Head<R> | undefined = this.#previous?.next;
      let head: Head<R> | undefined;
      let after = 0;
      let reference = -1;
      if (predicted !== undefined && text.startsWith(predicted.text, at)) {
        after = at + predicted.text.length;
        if (predicted.tail === undefined) head = predicted;
        else {
          reference = 0;
          let digit = text.charCodeAt(after);
          const first = after;
          while (digit >= ZERO && digit <= NINE && after - first < 9) {
            reference = reference * 10 + digit - ZERO;
            digit = text.charCodeAt(++after);
          }
          const counted = after > first && (after === first + 1 || text.charCodeAt(first) !== ZERO);
          if (counted && text.startsWith(predicted.tail, after)) {
            after += predicted.tail.length;
            head = predicted;
          }
        }
      }
      if (head === undefined) {
        const second = text.charCodeAt(at + 1);
        if (second === SLASH) {
          const closed = this.#close(text, at);
          if (closed < 0) return at;
          at = closed;
          continue;
        }
        if (second !== second) return at;
        if (second === BANG || second === QUESTION) {
          const passed = this.#special(text, at, second);
          if (passed < 0) return at;
          at = passed;
          continue;
        }
        after = endOfTag(text, at);
        this.position = this.#before + at;
        if (after - at > MAX_TAG || (after < 0 && length - at > MAX_TAG)) {
          throw new Fault("clixml-limit", { what: "characters in one tag", limit: MAX_TAG });
        }
        if (after < 0) return at;
        head = this.#head(text.slice(at, after));
        reference = head.tail === undefined ? -1 : numberBefore(text, after - head.tail.length);
        if (this.#previous !== undefined) this.#previous.next = head;
      }
      this.#previous = head;

      if (open.length === 0) {
        this.position = this.#before + at;
        if (this.#ended) throw this.#malformed("there is a second root element");
        this.#started = true;
      } else if (top !== undefined && top.rule.leaf) {
        this.position = this.#before + at;
        throw this.#malformed(`the element ${head.name} stands inside ${top.name}`);
      }

      this.position = this.#before + at;
      if (head.rule.leaf) {
        if (head.empty) {
          sink.leaf(head, "");
          at = after;
          if (open.length === 0) this.#ended = true;
          continue;
        }
        // The whole element at once, if it is all here.
        let end = after;
        let special = false;
        let code = text.charCodeAt(end);
        while (code !== LESS && code === code) {
          // An ampersand, a line end or control character, a "]]>": all rare, and looked at again below.
          if (code === AMPERSAND || code < SPACE || code === GREATER || code >= 0xfffe) special = true;
          code = text.charCodeAt(++end);
        }
        if (code === LESS && text.startsWith(head.closing, end)) {
          const content = text.slice(after, end);
          sink.leaf(head, special ? this.#decoded(content) : content);
          at = end + head.closing.length;
          if (open.length === 0) this.#ended = true;
          continue;
        }
        this.#text = "";
        this.#push(head);
        at = after;
        continue;
      }
      at = after;
      sink.open(head, reference);
      if (head.empty) {
        sink.close(head);
        if (open.length === 0) this.#ended = true;
      } else this.#push(head);
    }
  }

  #push(head: Head<R>): void {
    if (this.#open.length >= this.#limits.depth) throw new Fault("clixml-depth", { limit: this.#limits.depth });
    this.#open.push(head);
  }

  /** The end tag at `at`; gives the place behind it, or -1 where it is not all here. */
  #close(text: string, at: number): number {
    const top = this.#open[this.#open.length - 1];
    let after: number;
    if (top !== undefined && text.startsWith(top.closing, at)) after = at + top.closing.length;
    else {
      const end = text.indexOf(">", at);
      if (end < 0) {
        if (text.length - at > MAX_TAG) throw new Fault("clixml-limit", { what: "characters in one tag", limit: MAX_TAG });
        return -1;
      }
      this.position = this.#before + at;
      // XML allows white space before the ">".
      if (
        top === undefined ||
        !text.startsWith(top.closing.slice(0, -1), at) ||
        text.slice(at + top.closing.length - 1, end).trim() !== ""
      ) {
        throw this.#malformed(top === undefined ? "an element ends that was not begun" : `${top.name} does not end with its own end tag`);
      }
      after = end + 1;
    }
    this.position = this.#before + at;
    this.#open.pop();
    if (top.rule.leaf) {
      const content = this.#text;
      this.#text = "";
      this.#sink.leaf(top, content);
    } else this.#sink.close(top);
    if (this.#open.length === 0) this.#ended = true;
    return after;
  }

  /** A comment, CDATA section, declaration or worse at `at`; gives the place behind its beginning, or -1 for "not all here". */
  #special(text: string, at: number, second: number): number {
    this.position = this.#before + at;
    if (second === QUESTION) {
      const opening = text.slice(at, at + 6);
      if (opening.length < 6) return -1;
      // Only the declaration means anything, and only at the very beginning; others are passed over, as PowerShell does.
      if (/^<\?xml[\s?]$/i.test(opening) && (this.#started || this.position > 0)) {
        throw this.#malformed("an XML declaration stands elsewhere than at the beginning");
      }
      this.#mode = IN_INSTRUCTION;
      return at + 2;
    }
    const opening = text.slice(at, at + 9);
    if (opening.startsWith("<!--")) {
      this.#mode = IN_COMMENT;
      return at + 4;
    }
    if (opening === "<![CDATA[") {
      if (this.#open.length === 0) throw this.#malformed("text stands outside the root element");
      this.#mode = IN_CDATA;
      return at + 9;
    }
    if ("<!--".startsWith(opening) || "<![CDATA[".startsWith(opening)) return -1;
    throw new Fault("clixml-forbidden", { what: opening.startsWith("<!D") ? "a document type (DTD)" : "a markup declaration" });
  }

  /** Goes through a comment, an instruction or a CDATA section; holds back what may be the beginning of its end. */
  #skip(text: string, at: number): number {
    const mark = this.#mode === IN_COMMENT ? "-->" : this.#mode === IN_CDATA ? "]]>" : "?>";
    const end = text.indexOf(mark, at);
    const stop = end >= 0 ? end : Math.max(at, text.length - 2);
    if (this.#mode === IN_CDATA && stop > at) {
      const content = text.slice(at, stop);
      const top = this.#open[this.#open.length - 1];
      if (top?.rule.leaf === true) this.#text += content.replace(/\r\n?/g, "\n");
      else if (!this.#sink.section(content)) throw this.#malformed("a CDATA section stands between elements");
    }
    if (end < 0) return stop;
    this.#mode = IN_CONTENT;
    return end + mark.length;
  }

  #stray(text: string): void {
    if (!NOT_SPACE.test(text)) return;
    if (this.#open.length === 0) throw this.#malformed("text stands outside the root element");
    this.#sink.stray(text);
  }

  /** Text of an unfinished element may be used up to here: not in the middle of an entity, a line end or a "]]>". */
  #safeEnd(text: string, from: number): number {
    let end = text.length;
    if (text.charCodeAt(end - 1) === CR) end--;
    for (let held = 0; held < 2 && text.charCodeAt(end - 1) === BRACKET; held++) end--;
    const ampersand = text.lastIndexOf("&", end - 1);
    if (ampersand >= from && end - ampersand < 12 && !text.slice(ampersand, end).includes(";")) end = ampersand;
    return Math.max(from, end);
  }

  #decoded(text: string): string {
    if (FORBIDDEN.test(text)) throw this.#malformed('there is a character or "]]>" that may not stand in text');
    const decoded = decodeXml(text);
    if (decoded === undefined) throw new Fault("clixml-forbidden", { what: "an entity that XML itself does not define" });
    return decoded;
  }

  #head(text: string): Head<R> {
    let key = text;
    let tail: string | undefined;
    const match = TRAILING_REFERENCE.exec(text);
    if (match !== null) {
      tail = match[2] as string;
      key = text.slice(0, match.index + (match[1] as string).length);
    }
    const known = this.#heads.get(tail === undefined ? key : key + tail);
    if (known !== undefined) return known;
    const head = parseTag(detach(text), key.length, tail, this.#sink, (what) => this.#malformed(what));
    if (this.#heads.size >= MAX_HEADS) {
      this.#heads = new Map();
      this.#previous = undefined;
    }
    this.#heads.set(tail === undefined ? head.text : head.text + tail, head);
    return head;
  }
}

/** XML's white space is four characters; a byte order mark in the text is none. */
const NOT_SPACE = /[^\t\n\r ]/;
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|]]>/;
/** The place behind the ">" that ends the tag at `at`, or -1; a ">" between quotes does not end it. */
function endOfTag(text: string, at: number): number {
  let quote = 0;
  const last = Math.min(text.length, at + MAX_TAG + 1);
  for (let i = at; i < last; i++) {
    const code = text.charCodeAt(i);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === GREATER) return i + 1;
    else if (code === QUOTE || code === APOSTROPHE) quote = code;
  }
  return -1;
}
