/** What users have beside their accounts: see user-data.ts. */
export * from "./user-data.ts";
