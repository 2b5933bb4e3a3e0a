/** CSV (RFC 4180), as Export-Csv -NoTypeInformation has it: every field quoted where it must be. */

export function csvLine(fields: readonly string[]): string {
  return fields.map((field) => (/[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}
