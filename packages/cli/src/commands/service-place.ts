/** Where a service lies that a command works on from outside: by its configuration, or by its folder and database. */
import { resolve } from "node:path";
import { databasePassword, defaultDataFolder, readConfiguration } from "@tieline/server";
import { Fault } from "@tieline/fault";

export interface PlaceWords {
  data?: string;
  config?: string;
  databaseUrl?: string;
  databasePasswordFile?: string;
}

export interface Place {
  folder: string;
  databaseUrl: string | undefined;
  databasePassword: string | undefined;
  /** Which of the two it is; undefined where no configuration says so. */
  site: "online" | "pool" | undefined;
}

/** @throws Fault `usage`, `configuration-invalid`, `file-unreadable` */
export function placeOf(words: PlaceWords, environment: Readonly<Record<string, string | undefined>>): Place {
  if (words.config === undefined)
    return {
      folder: resolve(words.data ?? defaultDataFolder(environment)),
      databaseUrl: words.databaseUrl,
      databasePassword: databasePassword(words.databasePasswordFile, environment),
      site: undefined,
    };
  if (words.data !== undefined || words.databaseUrl !== undefined)
    throw new Fault("usage", { what: "--config says where everything is.", hint: "Leave out --data and --database-url." });
  const { kind, data, database } = readConfiguration(words.config);
  return {
    folder: data,
    databaseUrl: database?.url,
    databasePassword: databasePassword(database?.passwordFile, environment),
    site: kind,
  };
}
