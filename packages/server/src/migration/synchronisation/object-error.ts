/** Errors of single objects: faults of the catalogue here, data on the wire. */
import type { Fault } from "@tieline/fault";
import type { ObjectError, OBJECT_ERRORS } from "./contract.ts";

export type ObjectFault = Fault<
  "sync-value-not-unique" | "sync-soft-match" | "sync-data-validation" | "sync-object-type" | "sync-large-object" | "sync-homing-conflict"
>;

const NAMES: Readonly<Record<ObjectFault["code"], (typeof OBJECT_ERRORS)[number]>> = {
  "sync-value-not-unique": "AttributeValueMustBeUnique",
  "sync-soft-match": "InvalidSoftMatch",
  "sync-data-validation": "DataValidationFailed",
  "sync-object-type": "ObjectTypeMismatch",
  "sync-large-object": "LargeObject",
  "sync-homing-conflict": "HomingConflict",
};

export function objectError(fault: ObjectFault): ObjectError {
  const { attribute, other } = fault.fields as { attribute?: string; other?: string };
  const isHoming = fault.code === "sync-homing-conflict";
  return {
    code: NAMES[fault.code],
    attribute: isHoming ? "msRTCSIP-DeploymentLocator" : (attribute ?? null),
    other: other ?? null,
    text: fault.message,
  };
}

export function isObjectFault(error: Fault): error is ObjectFault {
  return error.code in NAMES;
}
