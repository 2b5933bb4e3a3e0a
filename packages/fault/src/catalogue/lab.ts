import type { FaultEntry } from "../entry.ts";

/** What can be wrong with a lab's own files. */
export const LAB = {
  "lab-certificates-damaged": {
    blame: "environment",
    layer: "store",
    text: "The lab's certificate authority in {folder} cannot be read.",
    cure: "Remove that folder: the lab makes a new authority at the next start, which clients must then trust anew.",
  },
  "lab-key-damaged": {
    blame: "environment",
    layer: "store",
    text: "The lab's key {path} cannot be used: {reason}.",
    cure: "Restore it from a backup and set its mode to 600; without it the lab's folder must be removed and made anew.",
  },
  "lab-file-damaged": {
    blame: "environment",
    layer: "store",
    text: "The lab's description {path} cannot be read.",
    cure: "Remove the file: the next start of the lab writes it anew, with other ports.",
  },
  "lab-missing": {
    blame: "environment",
    layer: "input",
    text: "There is no lab in {folder}.",
    cure: "Start one with `npm start` (or `tieline up`), or name its folder with --lab FOLDER.",
  },
  "folder-unwritable": {
    blame: "environment",
    layer: "store",
    text: "The folder {folder} cannot be written ({reason}).",
    cure: "Name a folder of your own with --data FOLDER, or correct its permissions.",
  },
} as const satisfies Record<string, FaultEntry>;
