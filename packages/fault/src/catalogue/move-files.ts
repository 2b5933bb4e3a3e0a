import type { FaultEntry } from "../entry.ts";

/** Files that name the users of a batch: what is wrong with a file as a whole, and with a line of it. */
export const MOVE_FILES = {
  "move-file-empty": {
    blame: "local",
    layer: "input",
    text: "The file {path} names no user that could be moved.",
    cure: "Export the users again, as in `Get-CsOnlineUser | Select-Object SipAddress, DisplayName | Export-Csv users.csv`.",
  },
  "move-file-no-column": {
    blame: "local",
    layer: "input",
    text: "The first line of {path} names no column of users; it reads: {head}",
    cure: "Name one column SipAddress, UserPrincipalName, Identity, UPN or mail, or write nothing but addresses into the file.",
  },
  "move-file-encoding": {
    blame: "local",
    layer: "input",
    text: "From about line {line} on, the file of users is not UTF-8; it is read as Windows-1252 there.",
    cure: "Names may look wrong in reports, addresses do not. Export with `Export-Csv -Encoding UTF8` to have both right.",
  },
  "move-row-duplicate": {
    blame: "local",
    layer: "input",
    text: "Line {line} of the users: {user} is in line {first} already.",
    cure: "Nothing need be done: the user is moved once.",
  },
  "move-row-no-address": {
    blame: "local",
    layer: "input",
    text: "Line {line} of the users: {column} is empty for {user}.",
    why: "Whoever was never enabled for SIP has no address, and nothing that could be moved.",
    cure: "Leave the line out, or enable the user first. An export leaves them out with `Where-Object SipAddress -like 'sip:*'`.",
  },
  "move-row-deleted-user": {
    blame: "local",
    layer: "input",
    text: "Line {line} of the users: {user} has a GUID for its name.",
    why: "That is what is left of a user who was deleted and not removed properly.",
    cure: "Leave the line out: there is nobody to move. Remove the rest of the account for good where it is in the way.",
  },
  "move-row-not-address": {
    blame: "local",
    layer: "input",
    text: "Line {line} of the users: '{user}' is no address.",
    cure: "Write it as sip:name@domain or name@domain.",
  },
  "move-row-columns": {
    blame: "local",
    layer: "input",
    text: "Line {line} of the users has {count} values, and the first line names {columns} columns.",
    why: "A value that holds the separator is not in quotes, so which value is the address is a guess.",
    cure: "Put quotes around values that hold commas or semicolons, or export the file again with Export-Csv.",
  },
  "move-row-control": {
    blame: "local",
    layer: "input",
    text: "Line {line} of the users: there are control characters in '{user}'.",
    cure: "Type the address anew: what was copied from elsewhere may hold characters that nobody sees.",
  },
  "move-row-quote": {
    blame: "local",
    layer: "input",
    text: "Line {line} of the users: the quote that opens there is never closed.",
    cure: "Close it, or double a quote that belongs to the value. The lines after it are read as if it were not there.",
  },
  "move-row-long": {
    blame: "local",
    layer: "input",
    text: "Line {line} of the users is longer than any line of a table of users.",
    cure: "Look whether the file is what it should be: its line ends may be missing.",
  },
} as const satisfies Record<string, FaultEntry>;
