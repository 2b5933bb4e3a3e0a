import type { Migration } from "./migration.ts";

export const IDENTITY_STEP: Migration = {
  version: 2,
  name: "signing keys, applications, grants and tokens of the authorization server, sign-in log",
  statements: [],
};
