/** HTML as a template: what is put in is escaped, unless it is HTML of ours already. */
const made = Symbol("html");

/** HTML that is safe to send. */
export interface Html {
  readonly [made]: true;
  readonly text: string;
}

export type Content = Html | string | number | null | undefined | false | readonly Content[];

/**
 * @example
 * ```ts
 * html`<p>${name}</p>`.text; // the name's own signs are escaped
 * ```
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return raw(parts.map((part, i) => part + (i < contents.length ? rendered(contents[i]) : "")).join(""));
}

/** A text that is HTML already: never anything from outside. */
export function raw(text: string): Html {
  return { [made]: true, text };
}

/** An attribute without a value, where it holds. */
export function flag(name: string, holds: boolean | undefined): Html {
  return raw(holds === true ? ` ${name}` : "");
}

function rendered(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (typeof content === "string" || typeof content === "number") return escaped(String(content));
  return made in content ? content.text : content.map(rendered).join("");
}

const SIGNS: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  // A control character has no place in a page, and some have a meaning to browsers.
  return text.replace(/[^\P{Cc}\n\t]/gu, "").replace(/[&<>"']/g, (sign) => SIGNS[sign] as string);
}
