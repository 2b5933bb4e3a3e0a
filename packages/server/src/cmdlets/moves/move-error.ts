/** How Move-CsUser tells of a fault: the exact text, under the id that administrators know. */
import type { ErrorCategory, ErrorRecordParts } from "@tieline/language";
import type { Fault } from "@tieline/fault";

const CATEGORIES: Readonly<Record<string, ErrorCategory>> = {
  permission: "PermissionDenied",
  authentication: "AuthenticationError",
  network: "ConnectionError",
  name: "ConnectionError",
  proxy: "ConnectionError",
  tls: "ConnectionError",
  http: "ConnectionError",
  store: "ResourceUnavailable",
  input: "InvalidArgument",
  command: "InvalidArgument",
};

export function moveError(fault: Fault, target: string): ErrorRecordParts {
  return {
    message: fault.message,
    id: "MoveError",
    category: CATEGORIES[fault.layer] ?? "InvalidOperation",
    type: "Microsoft.Rtc.Management.AD.MoveUserException",
    target,
    recommendedAction: fault.why === undefined ? fault.cure : `${fault.why} ${fault.cure}`,
    fault,
  };
}
