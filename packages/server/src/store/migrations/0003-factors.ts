import type { Migration } from "./migration.ts";

export const FACTORS_STEP: Migration = {
  version: 3,
  name: "second factors, application passwords, remembered browsers, service settings",
  statements: [],
};
