/** GUIDs as messages carry them: 16 bytes, the first three groups little-endian ([MS-DTYP] 2.3.4.2). Text is lower case with dashes. */
import { Fault } from "@tieline/fault";

/** The id that stands for "none": the pipeline of a pool's own message. */
export const EMPTY_GUID = "00000000-0000-0000-0000-000000000000";

/** The place of each wire byte among the 16 that the text shows. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Lower case, checked; braces are tolerated. Throws `guid-invalid`. */
export function normaliseGuid(text: string): string {
  const lower = text.replace(/^\{(.*)\}$/, "$1").toLowerCase();
  if (!FORM.test(lower)) throw new Fault("guid-invalid", { text: text.slice(0, 64) });
  return lower;
}

/** Where in the text the two digits of each wire byte stand: the places of the 16 bytes, moved on by the dashes before them. */
const PLACES = ORDER.map((_, wire) => {
  const shown = ORDER.indexOf(wire);
  return shown * 2 + (shown >= 4 ? 1 : 0) + (shown >= 6 ? 1 : 0) + (shown >= 8 ? 1 : 0) + (shown >= 10 ? 1 : 0);
});

/** Writes the GUID's 16 bytes at `offset`; `text` is in its normal form. */
export function writeGuid(text: string, into: Uint8Array, offset: number): void {
  for (let i = 0; i < 16; i++) {
    const place = PLACES[i] as number;
    into[offset + i] = (digit(text.charCodeAt(place)) << 4) | digit(text.charCodeAt(place + 1));
  }
}

function digit(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

/** Reads 16 bytes at `offset`; the caller made sure that they are there. */
export function readGuid(from: Uint8Array, offset: number): string {
  let text = "";
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
    text += HEX[from[offset + (ORDER[i] as number)] as number] as string;
  }
  return text;
}
