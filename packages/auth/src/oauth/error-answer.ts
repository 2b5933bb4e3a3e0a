/** What an authority says when it gives no token (RFC 6749 5.2, with the codes that administrators know), as a Fault. */
import { CATALOGUE, Fault, recognise, type FaultCode } from "@tieline/fault";
import { showable } from "../octets.ts";
import { jsonObject } from "./authority.ts";
import type { PostAnswer } from "./post.ts";

export interface ErrorAnswer {
  /** `invalid_grant`, `authorization_pending` ... */
  error: string;
  description: string;
  /** The numbers of AADSTS codes, the first of which names the error. */
  codes: readonly number[];
  suberror?: string;
}

/** Codes by which an authority asks for a second factor, or for its set-up, of whoever came with a password alone. */
export const SECOND_FACTOR_CODES: readonly number[] = [50072, 50074, 50076, 50079, 50158];

/** @throws Fault `token-answer-unreadable` where the answer is no error of OAuth's */
export function readError(answer: PostAnswer, host: string): ErrorAnswer {
  const body = jsonObject(answer.body, host);
  const error = body["error"];
  if (typeof error !== "string") {
    throw new Fault("token-answer-unreadable", { host, what: `HTTP status ${answer.status} without a token and without an error` });
  }
  return errorOf(error, body["error_description"], body["error_codes"], body["suberror"]);
}

/** The same out of a redirect's query (RFC 6749 4.1.2.1). */
export function errorOf(error: string, description: unknown, codes?: unknown, suberror?: unknown): ErrorAnswer {
  const text = typeof description === "string" ? description : "";
  const listed = Array.isArray(codes) ? codes.filter((code): code is number => typeof code === "number") : [];
  const inText = /AADSTS(\d{4,8})/.exec(text)?.[1];
  return {
    error: showable(error),
    description: text,
    codes: listed.length > 0 || inText === undefined ? listed : [Number(inText)],
    ...(typeof suberror === "string" ? { suberror: showable(suberror) } : {}),
  };
}

/** True where the password was right and a person has to show more. */
export function wantsSecondFactor({ codes, error, suberror }: ErrorAnswer): boolean {
  return codes.some((code) => SECOND_FACTOR_CODES.includes(code)) || (error === "interaction_required" && suberror !== "consent_required");
}

/** The catalogue's entry for the code, or `token-refused`; the server's own words go with it. */
export function errorFault(answer: ErrorAnswer, host: string): Fault {
  // Trace and correlation ids help whoever runs the server; the lines become one.
  const said = answer.description.replace(/\s+/g, " ").trim().slice(0, 2000);
  const known = said === "" ? undefined : recognise({ text: said });
  // A refusal may be one of ours without a number (modern sign-in that is off); a text of another layer is a coincidence.
  if (known?.layer === "authentication") return known;
  const code = answer.codes.map((number) => `aadsts-${number}`).find((name) => name in CATALOGUE);
  const options = said === "" ? undefined : { said };
  if (code !== undefined) return new Fault(code as FaultCode, unknownFields(code as FaultCode) as never, options as never);
  const name = answer.codes[0] === undefined ? answer.error : `${answer.error}, AADSTS${answer.codes[0]}`;
  return new Fault("token-refused", { host, error: name }, options);
}

/** Fields that the code alone does not give, marked as `recognise` marks them. */
function unknownFields(code: FaultCode): Record<string, string> {
  const { text, cure, ...entry } = CATALOGUE[code] as { text: string; cure: string; why?: string };
  const names = [text, cure, entry.why ?? ""].flatMap((template) =>
    [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string),
  );
  return Object.fromEntries(names.map((name) => [name, "?"]));
}
