import type { FaultEntry } from "../entry.ts";

/** Tenants, domains, users, policies, accounts, and the file that users are imported from. */
export const DIRECTORY = {
  "tenant-not-found": {
    blame: "environment",
    layer: "directory",
    text: "No tenant has the domain or id {tenant}.",
    cure: "Check the spelling; the tenant's *.onmicrosoft.com domain always works.",
  },
  "directory-duplicate": {
    blame: "environment",
    layer: "directory",
    text: "There is already a {kind} with the {property} {value}.",
    cure: "Choose another {property}, or change the {kind} that is there.",
  },
  "user-not-found": {
    blame: "environment",
    layer: "directory",
    text: "No user of this tenant is {identity}.",
    cure: "Name the user by SIP address, user principal name, GUID, distinguished name or display name.",
  },
  "csv-syntax": {
    blame: "local",
    layer: "input",
    text: "Line {line} is not CSV: {reason}.",
    cure: "Export the file again with Export-Csv, or put quotes around values that hold commas, quotes (doubled) or line ends.",
  },
  "csv-encoding": {
    blame: "local",
    layer: "input",
    text: "The file is not UTF-8 or UTF-16 (near line {line}).",
    cure: "Save it as UTF-8, for example with Export-Csv -Encoding UTF8.",
  },
  "csv-header": {
    blame: "local",
    layer: "input",
    text: "The first line names no usable columns: {reason}.",
    cure: "Use a file as `Get-CsOnlineUser | Export-Csv` writes it; at least UserPrincipalName or SipAddress must be among its columns.",
  },
  "import-refused": {
    blame: "local",
    layer: "input",
    text: "Nothing was imported: {count} problem(s).\n{problems}",
    cure: "Correct these lines and import the file again; it is taken as a whole or not at all.",
  },
} as const satisfies Record<string, FaultEntry>;
