/** A single POST of a form on a connection of its own, as token requests need it. */
import type { Dialler } from "./dialler.ts";
import { exchange, type GetAnswer, type GetOptions } from "./get.ts";

/**
 * Sends it as application/x-www-form-urlencoded; redirects are not followed: what a form holds goes to nobody else.
 *
 * @throws Fault of the transport's layers
 */
export async function postForm(
  dialler: Dialler,
  url: URL,
  form: Readonly<Record<string, string>>,
  options: GetOptions = {},
): Promise<GetAnswer> {
  const body = new TextEncoder().encode(new URLSearchParams(form).toString());
  const headers = { "content-type": "application/x-www-form-urlencoded", ...options.headers };
  return exchange(dialler, url, { method: "POST", body }, { ...options, headers });
}

/** The same with a message of any kind: SOAP, for one. @throws Fault of the transport's layers */
export async function postText(
  dialler: Dialler,
  url: URL,
  text: string,
  contentType: string,
  options: GetOptions = {},
): Promise<GetAnswer> {
  const headers = { "content-type": contentType, ...options.headers };
  return exchange(dialler, url, { method: "POST", body: new TextEncoder().encode(text) }, { ...options, headers });
}
