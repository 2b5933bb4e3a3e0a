/**
 * What stands in an error whatever language its text is in: AADSTS codes, numbers of WS-Management and Windows, HTTP
 * status codes, the ids of PowerShell's error records.
 */

export interface Mark {
  kind: "aadsts" | "number" | "http" | "id";
  /** `AADSTS50126`, `0x80338012`, `HTTP 403`, `PSSessionOpenFailed`. */
  shown: string;
  /** For `aadsts`, `number` and `http`; a number is unsigned, a Windows error in an HRESULT is its low half. */
  value: number;
}

/** More of them say nothing more. */
const MAX_MARKS = 50;

const NUMBERS: readonly RegExp[] = [
  /\b0x([0-9a-f]{8})\b/gi,
  /(?<![\w.])(-21[34]\d{7})(?!\d)/g,
  /(?<![\w.-])(2147\d{6}|215085\d{4}|215086\d{4})(?!\d)/g,
  /\berror (?:code|number|id)\s*[:=]?\s*(-?\d{1,10})(?!\d)/gi,
  /\bWSManFault\b[^<>]{0,200}?\bCode\s*=\s*["']?(-?\d{1,10})/gi,
  /\bhresult\s*[:=]?\s*(-?\d{1,10})(?!\d)/gi,
];

/** With the words that stand round a status in the languages' .NET, WinRM and browser texts. */
const STATUSES: readonly RegExp[] = [
  /\bHTTP(?:\/\d(?:\.\d)?)?[ -](?:error |fehler |erreur |status[ -]?|code )*\(?([1-5]\d\d)\b/gi,
  /\bHTTP[- ]Status[- ]?code[^\d\n]{0,20}([1-5]\d\d)\b/gi,
  /\bstatus(?: code)?(?: of|:| does not indicate success:|=)? ?"?([1-5]\d\d)\b/gi,
  /\(([45]\d\d)\)/g,
  /\b([45]\d\d) (?:Bad Request|Unauthorized|Forbidden|Not Found|Proxy Authentication Required|Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)\b/gi,
];

export function marksOf(text: string): Mark[] {
  const found = new Map<string, Mark>();
  const add = (mark: Mark): void => {
    if (found.size < MAX_MARKS && !found.has(`${mark.kind} ${mark.value} ${mark.kind === "id" ? mark.shown : ""}`))
      found.set(`${mark.kind} ${mark.value} ${mark.kind === "id" ? mark.shown : ""}`, mark);
  };
  for (const [, code] of text.matchAll(/\bAADSTS\s?(\d{4,8})\b/gi)) add({ kind: "aadsts", shown: `AADSTS${code}`, value: Number(code) });
  for (const [, code] of text.matchAll(/"error_codes"\s*:\s*\[\s*(\d{4,8})/g))
    add({ kind: "aadsts", shown: `AADSTS${code}`, value: Number(code) });
  for (const pattern of NUMBERS) {
    for (const [whole, digits = ""] of text.matchAll(pattern)) {
      const signed = whole.toLowerCase().startsWith("0x") ? Number.parseInt(digits, 16) : Number(digits);
      if (signed === 0) continue;
      add({ kind: "number", shown: whole.toLowerCase().startsWith("0x") ? whole : digits, value: fromHresult(signed) });
    }
  }
  for (const pattern of STATUSES)
    for (const [, status] of text.matchAll(pattern)) add({ kind: "http", shown: `HTTP ${status}`, value: Number(status) });
  // "FullyQualifiedErrorId : CommandNotFoundException", "... : -2144108526,PSSessionOpenFailed"
  for (const [, id = ""] of text.matchAll(/FullyQualifiedErrorId\s{0,20}:\s{0,20}([\w.,:+-]{1,300}(?:\r?\n {1,3}[\w.,:+-]{1,300})?)/gi)) {
    for (const part of id.replace(/\s+/g, "").split(",")) if (/^[A-Za-z]\w{4,}/.test(part)) add({ kind: "id", shown: part, value: 0 });
  }
  return [...found.values()];
}

/** Unsigned; of the facility Win32 (0x8007nnnn), the Windows error alone. */
function fromHresult(signed: number): number {
  const unsigned = signed < 0 ? signed + 2 ** 32 : signed;
  return unsigned >= 0x80070000 && unsigned <= 0x8007ffff ? unsigned - 0x80070000 : unsigned;
}
