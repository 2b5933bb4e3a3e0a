/** The staged connection: see README.md. */
export type { Authentication, Credential, Stage, Wish } from "./stage.ts";
