/** The record of a command that is not there, or not for this session. */
import { Fault } from "@tieline/fault";
import { ErrorRecord } from "./error-record.ts";

/** `Module\Name` without the module. */
export function withoutModule(name: string): string {
  return name.slice(name.lastIndexOf("\\") + 1);
}

export function commandNotFound(text: string): ErrorRecord {
  const name = withoutModule(text);
  const fault = new Fault("command-not-found", { name });
  return new ErrorRecord({
    message: fault.message,
    id: "CommandNotFoundException",
    category: "ObjectNotFound",
    type: "CommandNotFoundException",
    properties: { CommandName: name },
    target: name,
    fault,
  });
}
