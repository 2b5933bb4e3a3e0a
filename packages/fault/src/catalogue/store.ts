import type { FaultEntry } from "../entry.ts";

/** The database under the service: a file of the data folder, or a PostgreSQL server. */
export const STORE = {
  "store-in-use": {
    blame: "environment",
    layer: "store",
    text: "The data folder {folder} is in use by another Tieline (process {pid}).",
    why: "Two services writing to one data folder would overwrite each other.",
    cure: "Use the service that is running, stop process {pid}, or give this one a data folder of its own with --data.",
  },
  "store-damaged": {
    blame: "environment",
    layer: "store",
    text: "The database {file} is damaged: {reason}.",
    why: "The file was changed by something else, cut off when copied, or the disk is failing.",
    cure: "Stop the service, keep a copy of the file with its -wal neighbour, and restore both from a backup. Without a backup, `sqlite3 {file} .recover` saves what can be read; an empty data folder starts afresh.",
  },
  "store-unwritable": {
    blame: "environment",
    layer: "store",
    text: "The data folder {folder} cannot be written ({reason}).",
    cure: "Give the account that runs Tieline the right to write there, or choose another folder with --data.",
  },
  "store-full": {
    blame: "environment",
    layer: "store",
    text: "There is no room left for the database {file}.",
    why: "What was being written was not kept; everything acknowledged before is safe.",
    cure: "Free space on that disk; no restart is needed.",
  },
  "store-failed": {
    blame: "environment",
    layer: "store",
    text: "The database {file} could not be read or written ({reason}).",
    cure: "Look at the disk and its free space, then at the log of the database.",
  },
  "store-newer": {
    blame: "environment",
    layer: "store",
    text: "The database was written by a newer Tieline (its version is {found}; this program knows {known}).",
    cure: "Start the newer program again, or restore the backup that was made before it ran.",
  },
  "store-migration-changed": {
    blame: "environment",
    layer: "store",
    text: "Step {version} of the database's layout is not the one that this program has.",
    why: "The database was set up by a program of another origin, or by an unreleased one.",
    cure: "Use the program that made this database, or start with an empty one and import the users again.",
  },
  "store-password-in-url": {
    blame: "local",
    layer: "store",
    text: "The database URL holds a password; it is refused, since arguments are visible to every user of the machine.",
    cure: "Take the password out of the URL and give it in the environment variable PGPASSWORD or in a file named with --database-password-file.",
  },
  "store-url": {
    blame: "local",
    layer: "store",
    text: "The database URL is not understood: {reason}.",
    cure: "Write it as postgresql://user@host:5432/database, with sslmode, connect_timeout or application_name behind a question mark where needed.",
  },
  "store-password-file": {
    blame: "local",
    layer: "store",
    text: "The password file {file} cannot be used ({reason}).",
    cure: "Name a file that the account of the service can read and that holds the password in its first line.",
  },
  "store-unreachable": {
    blame: "environment",
    layer: "store",
    text: "The database server {address} cannot be reached ({reason}).",
    cure: "Check that PostgreSQL runs there and listens on that address, and that no firewall stands between.",
  },
  "store-login": {
    blame: "environment",
    layer: "store",
    text: "The database server {address} did not let user {user} in ({reason}).",
    cure: "Check user and database in the URL, the password in PGPASSWORD or --database-password-file, and the server's pg_hba.conf.",
  },
} as const satisfies Record<string, FaultEntry>;
