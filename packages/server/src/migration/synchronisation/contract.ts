/**
 * What travels between a deployment and its tenant: docs/synchronisation.md, version 1. Both ends read what comes with these
 * shapes, once, at the border.
 */
import { z } from "zod";

/** The path below the online service's host, and the address that tokens are for. */
export const PROVISIONING_PATH = "/provisioning";
export const VERSION = "v1";
/** Objects a batch. */
export const MAX_CHANGES = 500;
/** Bytes a request. */
export const MAX_BYTES = 8 * 1024 * 1024;
/** Bytes of one object, as JSON. */
export const MAX_OBJECT_BYTES = 64 * 1024;

const Guid = z.guid().transform((text) => text.toLowerCase());

export const BeginRequest = z.object({
  /** Drawn by the deployment. */
  runId: Guid,
  kind: z.enum(["initial", "delta"]),
  /** The deployment's name. */
  source: z.string().min(1).max(255),
});
export type BeginRequest = z.infer<typeof BeginRequest>;

export const BeginAnswer = z.object({
  runId: Guid,
  /** The tenant's id. */
  tenantId: Guid,
  /** Of the first batch. */
  nextSequence: z.number().int(),
  /** The run before this one, of whomever; null: there was none. */
  lastRunId: Guid.nullable(),
});
export type BeginAnswer = z.infer<typeof BeginAnswer>;

export const Change = z.object({
  /** `add` and `update` mean the same, whatever is there: they say what the deployment believes. */
  operation: z.enum(["add", "update", "delete"]),
  /** What ties the object to the tenant's for good. */
  anchor: z.string().min(1).max(128),
  objectType: z.string().min(1).max(64),
  /** All that flow; none for a deletion. */
  attributes: z.record(z.string().max(128), z.json()).default({}),
});
export type Change = z.infer<typeof Change>;

export const BatchRequest = z.object({ sequence: z.number().int().min(1), changes: z.array(Change).min(1).max(MAX_CHANGES) });
export type BatchRequest = z.infer<typeof BatchRequest>;

/** What became of an object. `deferred`: a move of the user is under way, so homing was left alone and is to be sent again by the next run. */
export const OUTCOMES = ["added", "joined", "updated", "renamed", "unchanged", "deleted", "deferred"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const OBJECT_ERRORS = [
  "AttributeValueMustBeUnique",
  "InvalidSoftMatch",
  "DataValidationFailed",
  "ObjectTypeMismatch",
  "LargeObject",
  "HomingConflict",
] as const;

export const ObjectError = z.object({
  /** One of OBJECT_ERRORS; a later service may know more. */
  code: z.string().max(64),
  attribute: z.string().nullable(),
  /** The other object, by its user principal name. */
  other: z.string().nullable(),
  text: z.string(),
});
export type ObjectError = z.infer<typeof ObjectError>;

export const Result = z.union([
  z.object({ anchor: z.string(), outcome: z.enum(OUTCOMES) }),
  z.object({ anchor: z.string(), error: ObjectError }),
]);
export type Result = z.infer<typeof Result>;

export const BatchAnswer = z.object({ sequence: z.number().int(), results: z.array(Result) });
export type BatchAnswer = z.infer<typeof BatchAnswer>;

const Count = z.number().int();
export const RunAnswer = z.object({
  runId: Guid,
  source: z.string(),
  kind: z.enum(["initial", "delta"]),
  startedMs: Count,
  endedMs: Count.nullable(),
  lastSequence: Count,
  counters: z.record(z.string(), Count),
});
export type RunAnswer = z.infer<typeof RunAnswer>;

/** What is answered instead, with a status of 400 and above. */
export const Refusal = z.object({ error: z.object({ code: z.string(), message: z.string(), cure: z.string().optional() }) });
