/**
 * LDAP filters (RFC 4515) for -LdapFilter, read into the tree of the language's own filters. Attributes are those of
 * Active Directory; the parentheses around the whole may be missing, as administrators leave them out.
 */
import type { Filter, Operand } from "@tieline/language";

/** Attributes by the property that shows them; an attribute that is not here is taken for a property's name. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  c: "CountryAbbreviation",
  cn: "DisplayName",
  co: "CountryOrRegionDisplayName",
  facsimiletelephonenumber: "Fax",
  givenname: "FirstName",
  l: "City",
  mail: "WindowsEmailAddress",
  mailnickname: "Alias",
  mobile: "MobilePhone",
  "msrtcsip-deploymentlocator": "HostingProvider",
  "msrtcsip-line": "LineURI",
  "msrtcsip-primaryhomeserver": "RegistrarPool",
  "msrtcsip-primaryuseraddress": "SipAddress",
  "msrtcsip-userenabled": "Enabled",
  physicaldeliveryofficename: "Office",
  sn: "LastName",
  st: "StateOrProvince",
  telephonenumber: "Phone",
  whencreated: "WhenCreated",
  whenchanged: "WhenChanged",
  wwwhomepage: "WebPage",
};

const LONGEST = 65_536;
const DEEPEST = 64;

/** What is wrong, and where (from 1). */
export class LdapFilterError extends Error {
  readonly position: number;
  constructor(position: number, reason: string) {
    super(reason);
    this.name = "LdapFilterError";
    this.position = position;
  }
}

/** @throws LdapFilterError */
export function parseLdapFilter(text: string): Filter {
  if (text.length > LONGEST) throw new LdapFilterError(LONGEST, `it is longer than ${LONGEST} characters`);
  const bare = text.trim();
  const reader = new Reader(bare.startsWith("(") ? text : `(${text})`, bare.startsWith("(") ? 1 : 0);
  return reader.whole();
}

class Reader {
  readonly #text: string;
  readonly #first: number;
  #at = 0;
  #depth = 0;
  constructor(text: string, first: number) {
    this.#text = text;
    this.#first = first;
  }

  whole(): Filter {
    this.#blanks();
    const filter = this.#filter();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#wrong("there is text after the filter");
    return filter;
  }

  #wrong(reason: string): LdapFilterError {
    return new LdapFilterError(Math.max(1, this.#at + this.#first), reason);
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #filter(): Filter {
    if (this.#text[this.#at] !== "(") throw this.#wrong("an opening parenthesis is missing");
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw this.#wrong(`there are more than ${DEEPEST} levels of parentheses`);
    this.#blanks();
    const sign = this.#text[this.#at];
    let filter: Filter;
    if (sign === "&" || sign === "|") {
      this.#at += 1;
      filter = { kind: sign === "&" ? "and" : "or", parts: this.#list() };
    } else if (sign === "!") {
      this.#at += 1;
      this.#blanks();
      const isBare = this.#text[this.#at] !== "(";
      filter = { kind: "not", part: isBare ? this.#item() : this.#filter() };
    } else filter = this.#item();
    this.#blanks();
    if (this.#text[this.#at] !== ")") throw this.#wrong("a closing parenthesis is missing");
    this.#at += 1;
    this.#depth -= 1;
    return filter;
  }

  #list(): Filter[] {
    const parts: Filter[] = [];
    for (this.#blanks(); this.#text[this.#at] === "("; this.#blanks()) parts.push(this.#filter());
    if (parts.length === 0) throw this.#wrong("there is nothing to join");
    return parts;
  }

  #item(): Filter {
    const name = /[\w.-]+/y;
    name.lastIndex = this.#at;
    const attribute = name.exec(this.#text)?.[0];
    if (attribute === undefined) throw this.#wrong("the name of an attribute is expected");
    const at = this.#at + this.#first;
    this.#at += attribute.length;
    this.#blanks();
    const sign = /^(?:=|>=|<=|~=)/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0];
    if (sign === undefined) throw this.#wrong("one of =, >=, <= and ~= is expected");
    this.#at += sign.length;
    const end = this.#text.indexOf(")", this.#at);
    const raw = this.#text.slice(this.#at, end < 0 ? this.#text.length : end);
    const parts = raw.split("*").map((part) => this.#unescape(part));
    this.#at += raw.length;
    const left: Operand = { kind: "property", name: ATTRIBUTES[attribute.toLowerCase()] ?? attribute, at };
    const compare = (operator: "eq" | "ge" | "le" | "like" | "ne", value: string | boolean | null): Filter => ({
      kind: "compare",
      operator,
      left,
      right: { kind: "value", value, at: at + attribute.length + sign.length },
    });
    if (sign === ">=") return compare("ge", parts.join("*"));
    if (sign === "<=") return compare("le", parts.join("*"));
    if (raw.trim() === "*") return compare("ne", null);
    if (parts.length > 1 && sign === "=") return compare("like", parts.map((part) => part.replace(/[*?[\]`]/g, "`$&")).join("*"));
    const value = parts.join("*").trim();
    return compare("eq", value === "TRUE" ? true : value === "FALSE" ? false : value);
  }

  /** RFC 4515 3: a backslash and two hexadecimal digits stand for a byte of UTF-8. */
  #unescape(part: string): string {
    if (!part.includes("\\")) return part;
    if (/\\(?![0-9a-f]{2})/i.test(part)) throw this.#wrong("a backslash must be followed by two hexadecimal digits");
    const bytes = part.replace(/(?:\\[0-9a-f]{2})+/gi, (run) => {
      const octets = Uint8Array.from(run.slice(1).split("\\"), (pair) => parseInt(pair, 16));
      return new TextDecoder().decode(octets);
    });
    return bytes;
  }
}
