/** A page for people where a document should be: a parked domain, a proxy's refusal, a hotel's sign-in. */

/** How far into the text a page is looked for, in characters. */
const HEAD = 65_536;
const MAX_TITLE = 80;

/** `a web page titled "..."`, or undefined where the text is none. */
export function webPage(text: string, contentType: string): string | undefined {
  const head = text.slice(0, HEAD);
  const isPage =
    /^text\/html\b|^application\/xhtml\+xml\b/i.test(contentType.trim()) || /^[^]{0,2000}?<(!doctype\s+html|html[\s>])/i.test(head);
  // Some servers label whatever they send as a page.
  if (!isPage || /^\s*(<\?xml[^>]{0,200}>\s*)?<AutodiscoverResponse[\s>]/.test(head)) return undefined;
  const title = readable(/<title[^>]{0,200}>([^<]{0,400})/i.exec(head)?.[1] ?? "");
  return title === "" ? "a web page without a title" : `a web page titled "${title}"`;
}

function readable(text: string): string {
  const plain = text
    .replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name] ?? " ")
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  return plain.length <= MAX_TITLE ? plain : `${plain.slice(0, MAX_TITLE - 3)}...`;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: "'", "#39": "'", nbsp: " " };
