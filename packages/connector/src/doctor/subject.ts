/** What the doctor is asked about: an account, a domain, or the address of an endpoint. */
import { Fault } from "@tieline/fault";

export interface Subject {
  user?: string;
  /** In lower case. */
  domain?: string;
  /** Skips discovery. */
  targetUri?: URL;
}

/**
 * @throws Fault `target-malformed`, `domain-malformed`
 * @example
 * ```ts
 * parseSubject("admin@contoso.com").domain; // "contoso.com"
 * ```
 */
export function parseSubject(text: string): Subject {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const targetUri = URL.canParse(text) ? new URL(text) : undefined;
    if (targetUri === undefined || !/^https?:$/.test(targetUri.protocol)) throw new Fault("target-malformed", { uri: text });
    return { targetUri };
  }
  const at = text.lastIndexOf("@");
  const domain = text.slice(at + 1).toLowerCase();
  if (!/^[\p{L}\p{N}]([\p{L}\p{N}.-]{0,251}[\p{L}\p{N}])?$/u.test(domain)) throw new Fault("domain-malformed", { domain });
  return at > 0 ? { user: text, domain } : { domain };
}
