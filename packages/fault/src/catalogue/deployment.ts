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
  "configuration-invalid": {
    blame: "local",
    layer: "input",
    text: "The configuration {path} is not understood: {problems}.",
    cure: "Correct what is named; docs/configuration.md has every value with its limits.",
  },
  "certificate-unusable": {
    blame: "environment",
    layer: "tls",
    text: "The certificate {path} cannot be used: {reason}.",
    cure: "Name a certificate and its key that fit together, are valid today and are made out to the names of the service.",
  },
  "site-key-unusable": {
    blame: "environment",
    layer: "store",
    text: "The service's key {path} cannot be used: {reason}.",
    why: "Secrets in the database are sealed under this key; without it they cannot be opened.",
    cure: "Restore it from a backup, and set its mode to 600. A new deployment is made with `tieline init`.",
  },
  "tenant-missing": {
    blame: "local",
    layer: "input",
    text: "The service in {folder} has no tenant yet.",
    cure: "Make the first one, with its administrator, by `tieline init`.",
  },
  "administrator-malformed": {
    blame: "local",
    layer: "usage",
    text: "'{user}' is no account of the domain {domain}.",
    cure: "Name the administrator as name@{domain}.",
  },
  "worker-unfit": {
    blame: "local",
    layer: "usage",
    text: "There is nothing for a worker to do in {folder}: {reason}.",
    why: "Workers move the users of a pool's batches, beside the pool, on the PostgreSQL server that all of them share.",
    cure: "Name the configuration of a pool that has `database.url`.",
  },
  "netbios-malformed": {
    blame: "local",
    layer: "usage",
    text: "'{name}' is no NetBIOS name of a domain.",
    cure: "Write it as in CONTOSO: up to 15 letters, digits and hyphens.",
  },
  "init-done": {
    blame: "local",
    layer: "usage",
    text: "There is a service already: {path}.",
    cure: "Start it with `tieline up --config FILE`, or choose an empty folder.",
  },
} as const satisfies Record<string, FaultEntry>;
