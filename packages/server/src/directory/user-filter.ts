/**
 * A filter as a condition of the database, as far as that goes.
 *
 * The language's filter decides by itself; the condition only spares rows that could never pass. So it may let too many
 * through but never lose one, unless it is `exact`: then the filter need not be asked again, and `-not` may turn it.
 * Texts are equal there by the culture's rules ("ss" and "ß" are), here by key; for printable ASCII on both sides that
 * is the same, and rows with other letters are let through.
 */
import { hasWildcard, parseDateTime, textOf, truth, type Comparison, type Filter } from "@tieline/language";
import { DateTime, type PsValue } from "@tieline/remoting/objects";
import { sql, type Expression, type ExpressionBuilder, type SqlBool } from "kysely";
import type { Schema } from "../store/index.ts";
import { key } from "./ids.ts";
import { isPlain } from "./user-record.ts";
import type { UserCondition } from "./users.ts";

export interface Narrowing {
  where: UserCondition;
  exact: boolean;
}

type Leaf = (operator: Comparison, value: PsValue) => Narrowing | undefined;

/** Longer patterns are left to the filter. */
const LONGEST_PATTERN = 256;
const TICKS_AT_1970 = 621_355_968_000_000_000n;
const TICKS_A_MS = 10_000n;

/** The properties that have a column of their own. */
const COLUMNS: Readonly<Record<string, Leaf>> = {
  userprincipalname: names("upn_key"),
  sipaddress: names("sip_key"),
  displayname: names("display_key"),
  samaccountname: names("account_key"),
  hostingprovider: presence("hosting_provider"),
  registrarpool: presence("registrar_pool"),
  interpretedusertype: presence("interpreted_type"),
  enabled: (operator, value) => {
    if (value === null || (operator !== "eq" && operator !== "ne")) return undefined;
    const wanted = truth(value) === (operator === "eq") ? 1 : 0;
    return { where: (eb) => eb("enabled", "=", wanted), exact: true };
  },
  whencreated: moments("created_ms"),
  whenchanged: moments("changed_ms"),
};

/** What of the filter the database can decide; undefined where that is nothing. */
export function narrow(filter: Filter): Narrowing | undefined {
  switch (filter.kind) {
    case "and": {
      const parts = filter.parts.map(narrow);
      const known = parts.filter((part) => part !== undefined);
      if (known.length === 0) return undefined;
      const exact = known.length === parts.length && known.every((part) => part.exact);
      return { where: (eb) => eb.and(known.map((part) => part.where(eb))), exact };
    }
    case "or": {
      const parts = filter.parts.map(narrow);
      const known = parts.filter((part) => part !== undefined);
      if (known.length < parts.length) return undefined;
      return { where: (eb) => eb.or(known.map((part) => part.where(eb))), exact: known.every((part) => part.exact) };
    }
    case "not": {
      const part = narrow(filter.part);
      return part?.exact === true ? { where: (eb) => eb.not(part.where(eb)), exact: true } : undefined;
    }
    case "true":
      return filter.operand.kind === "property" && filter.operand.name.toLowerCase() === "enabled"
        ? { where: (eb) => eb("enabled", "=", 1), exact: true }
        : undefined;
    default: {
      const { left, right, operator } = filter;
      if (left.kind !== "property" || right.kind !== "value") return undefined;
      if (typeof right.value === "string" && right.value.includes("\0")) return undefined;
      return COLUMNS[left.name.toLowerCase()]?.(operator, right.value);
    }
  }
}

type NameColumn = "upn_key" | "sip_key" | "display_key" | "account_key";
type TextColumn = "hosting_provider" | "registrar_pool" | "interpreted_type";

/** Columns with a key: equality, and patterns. */
function names(column: NameColumn): Leaf {
  return (operator, value) => {
    if (value === null && operator !== "like" && operator !== "notlike") return isNull(column, operator);
    if (typeof value !== "string" && value !== null) return undefined;
    const text = textOf(value);
    switch (operator) {
      case "eq":
        return isPlain(text) ? { where: (eb) => eb.or([eb(column, "=", key(text)), eb("plain", "=", 0)]), exact: false } : undefined;
      case "ne":
        return { where: (eb) => eb.or([eb(column, "is", null), eb(column, "!=", key(text))]), exact: false };
      case "like":
      case "notlike":
        return pattern(column, operator, key(text));
      default:
        return undefined;
    }
  };
}

/** Columns without a key: only whether there is a value. */
function presence(column: TextColumn): Leaf {
  return (operator, value) => {
    if (value === null) return isNull(column, operator);
    // Whatever equals a text is no null.
    return operator === "eq" && textOf(value) !== "" ? { where: (eb) => eb(column, "is not", null), exact: false } : undefined;
  };
}

function isNull(column: NameColumn | TextColumn, operator: Comparison): Narrowing | undefined {
  if (operator === "eq") return { where: (eb) => eb(column, "is", null), exact: true };
  if (operator === "ne") return { where: (eb) => eb(column, "is not", null), exact: true };
  return undefined;
}

/** `-like`; a missing value counts as an empty text. */
function pattern(column: NameColumn, operator: "like" | "notlike", wanted: string): Narrowing | undefined {
  if (wanted.length > LONGEST_PATTERN) return undefined;
  const exact = !/[?[\]`]/.test(wanted);
  // What would not be excluded for certain must not be excluded at all.
  if (operator === "notlike" && !exact) return undefined;
  const sqlPattern = likeOf(wanted);
  const text = (eb: ExpressionBuilder<Schema, "users">): Expression<string> => eb.fn.coalesce(column, sql.lit(""));
  return operator === "like"
    ? { where: (eb) => sql<SqlBool>`${text(eb)} like ${sqlPattern} escape '!'`, exact }
    : { where: (eb) => sql<SqlBool>`${text(eb)} not like ${sqlPattern} escape '!'`, exact };
}

/** A pattern of LIKE that fits at least what the wildcard fits. */
function likeOf(wildcardText: string): string {
  const literal = (text: string): string => text.replace(/[!%_]/g, "!$&");
  if (!hasWildcard(wildcardText) && !wildcardText.includes("`")) return literal(wildcardText);
  // From the first sign that LIKE has no like for, anything goes.
  const cut = wildcardText.search(/[?[\]`]/);
  const known = cut < 0 ? wildcardText : `${wildcardText.slice(0, cut)}*`;
  return literal(known).replace(/\*+/g, "%");
}

/** Moments are kept to the millisecond, which is all a user has. */
function moments(column: "created_ms" | "changed_ms"): Leaf {
  return (operator, value) => {
    const moment = value instanceof DateTime ? value : typeof value === "string" ? parseDateTime(value) : undefined;
    if (moment === undefined) return undefined;
    const ticks = moment.ticks - TICKS_AT_1970;
    const below = Number(ticks / TICKS_A_MS) - 1;
    const above = below + 2;
    if (operator === "gt" || operator === "ge") return { where: (eb) => eb(column, ">=", below), exact: false };
    if (operator === "lt" || operator === "le") return { where: (eb) => eb(column, "<=", above), exact: false };
    return undefined;
  };
}
