/** Octets of a GUID as Active Directory keeps them ([MS-DTYP] 2.3.4.2: the first three parts with their low octet first). */

const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** Lower case with hyphens; undefined where they are not 16. */
export function guidFromOctets(octets: Uint8Array | undefined): string | undefined {
  if (octets?.length !== 16) return undefined;
  const hex = ORDER.map((at) => (octets[at] ?? 0).toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
