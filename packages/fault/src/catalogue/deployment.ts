import type { FaultEntry } from "../entry.ts";

/** A service that others can reach: its configuration, certificates, backup and restore. */
export const DEPLOYMENT = {
  "backup-unwritable": {
    blame: "environment",
    layer: "store",
    text: "The backup {file} cannot be written ({reason}).",
    cure: "Choose a folder with room that you may write to; nothing was left behind.",
  },
  "backup-unknown": {
    blame: "environment",
    layer: "input",
    text: "The file {file} is no backup of Tieline.",
    cure: "Name a file that `tieline backup` has written.",
  },
  "backup-damaged": {
    blame: "environment",
    layer: "input",
    text: "The backup {file} cannot be restored: {reason}.",
    why: "It was changed or cut off after it was written.",
    cure: "Use another copy of it, or an older backup. Nothing was changed.",
  },
  "backup-passphrase": {
    blame: "local",
    layer: "input",
    text: "The backup {file} does not open with this passphrase.",
    cure: "Give the passphrase that it was made with: --passphrase-file FILE, TIELINE_BACKUP_PASSPHRASE, or at the prompt.",
  },
  "restore-in-use": {
    blame: "local",
    layer: "input",
    text: "There is something already that would be overwritten: {site} of {folder}.",
    cure: "Restore into an empty folder, or add --replace: what is there is saved to the folder backups first.",
  },
  "store-empty": {
    blame: "local",
    layer: "store",
    text: "The database of the site {site} has not been set up.",
    cure: "Name the service's data folder with --data, or its configuration with --config.",
  },
} as const satisfies Record<string, FaultEntry>;
