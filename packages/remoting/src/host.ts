/**
 * The client's host: what a server may ask of the person or program at this end ([MS-PSRP] 2.2.3.17, 2.2.6).
 *
 * A host is a table of methods by their names in PowerShell; each may be left out. A method that wants no answer is then
 * ignored, one that wants an answer is answered with PowerShell's own error.
 */
import { asFault, isFault } from "@tieline/fault";
import { PsObject } from "./objects/index.ts";
import {
  NO_HOST,
  wantsAnswer,
  type ErrorRecord,
  type HostArguments,
  type HostCall,
  type HostInfo,
  type HostMethodName,
  type HostResult,
} from "./psrp/index.ts";

/** What a method receives beside its arguments. */
export interface HostCallContext {
  /** The pipeline that calls, or undefined for the pool itself. */
  pipeline: string | undefined;
}

/** The methods of a host. Calls come one at a time, in the order in which the server made them. */
export type HostMethods = {
  [M in HostMethodName]?: (this: void, args: HostArguments<M>, context: HostCallContext) => HostAnswer<M> | Promise<HostAnswer<M>>;
};

type HostAnswer<M extends HostMethodName> = HostResult<M> | null | void;

export interface Host {
  /** What the server is told of the host when the session opens; it answers reads of sizes and colours from that. Default: a host with a user interface and without a raw one. */
  info?: HostInfo;
  methods: HostMethods;
}

/** A host that can show and ask, but has no screen of its own. */
export const PLAIN_HOST: HostInfo = { ...NO_HOST, isHostNull: false, isHostUINull: false };

/** What goes back to the server. */
export type HostOutcome = { value?: HostResult<HostMethodName> | null } | { error: ErrorRecord };

/** Makes one call; undefined where nothing is to be answered. */
export async function answerCall(host: Host | undefined, call: HostCall, context: HostCallContext): Promise<HostOutcome | undefined> {
  const method = host?.methods?.[call.method] as ((args: unknown, context: HostCallContext) => unknown) | undefined;
  const answered = wantsAnswer(call.method);
  if (method === undefined)
    return answered ? { error: hostError("NotImplemented", `Remote host method ${call.method} is not implemented.`) } : undefined;
  try {
    const value = (await method(call.arguments, context)) as HostResult<HostMethodName> | null;
    return answered ? { value: value ?? null } : undefined;
  } catch (error) {
    // The text goes to the server: ours where it is a fault, else only what the host's author wrote.
    const text = isFault(error) ? error.message : error instanceof Error ? error.message : asFault(error).message;
    return answered ? { error: hostError("OperationStopped", text) } : undefined;
  }
}

const CATEGORIES = { NotImplemented: 14, OperationStopped: 16 } as const;

function hostError(category: keyof typeof CATEGORIES, message: string): ErrorRecord {
  const type = "System.Management.Automation.Host.HostException";
  const exception = new PsObject({ typeNames: [type, "System.Exception", "System.Object"], text: `${type}: ${message}` });
  exception.set("Message", message, "adapted").set("HResult", -2146233087, "adapted");
  return {
    text: message,
    exception,
    targetObject: null,
    fullyQualifiedErrorId: "RemoteHostExecutionException",
    category: {
      category: CATEGORIES[category],
      activity: "",
      reason: "HostException",
      targetName: "",
      targetType: "",
      message: `${category}: (:) [], HostException`,
    },
    invocation: null,
  };
}
