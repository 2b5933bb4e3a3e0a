/** System.Management.Automation.ErrorCategory: names by number, as ErrorCategory_Category carries it ([MS-PSRP] 2.2.3.9, 2.2.3.15.1). */
export const ERROR_CATEGORIES = [
  "NotSpecified",
  "OpenError",
  "CloseError",
  "DeviceError",
  "DeadlockDetected",
  "InvalidArgument",
  "InvalidData",
  "InvalidOperation",
  "InvalidResult",
  "InvalidType",
  "MetadataError",
  "NotImplemented",
  "NotInstalled",
  "ObjectNotFound",
  "OperationStopped",
  "OperationTimeout",
  "SyntaxError",
  "ParserError",
  "PermissionDenied",
  "ResourceBusy",
  "ResourceExists",
  "ResourceUnavailable",
  "ReadError",
  "WriteError",
  "FromStdErr",
  "SecurityError",
  "ProtocolError",
  "ConnectionError",
  "AuthenticationError",
  "LimitsExceeded",
  "QuotaExceeded",
  "NotEnabled",
] as const;

export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];

const NUMBERS: ReadonlyMap<string, number> = new Map(ERROR_CATEGORIES.map((name, number) => [name, number]));

export function errorCategoryNumber(category: ErrorCategory): number {
  return NUMBERS.get(category) ?? 0;
}
