/** For tests: a runspace with a handful of commands that show everything a session can do. */
import { PowerShellError } from "./client/powershell-error.ts";
import { PsObject, SecureString, type PsValue } from "./objects/index.ts";
import { errorRecord, type CommandArgument } from "./psrp/index.ts";
import type { PipelineOutput, PipelineRequest, Runspace, RunspaceHandler, SessionContext } from "./server/runspace.ts";

export interface Seen {
  opened: SessionContext<string>[];
  closed: string[];
  /** How many objects Get-Number has put out so far, over all pipelines. */
  numbers: number;
}

type Arguments = Readonly<Record<string, PsValue>>;

const COMMANDS: Readonly<
  Record<string, (args: Arguments, pipeline: PipelineRequest, output: PipelineOutput, seen: Seen) => Promise<void>>
> = {
  async "get-number"(args, _pipeline, output, seen) {
    for (let i = 1; i <= Number(args["count"] ?? 3); i++) {
      await output.write(i);
      seen.numbers += 1;
    }
  },
  async "get-thing"(args, _pipeline, output) {
    await output.write(PsObject.of({ Name: args["name"] ?? null, Text: "x".repeat(Number(args["size"] ?? 0)) }));
  },
  async double(_args, pipeline, output) {
    for await (const value of pipeline.input) await output.write(Number(value) * 2);
  },
  async "write-all"(_args, _pipeline, output) {
    await output.write("out");
    await output.error(errorRecord({ message: "soft", id: "Soft", category: "InvalidData" }));
    await output.warning("careful");
    await output.verbose("talkative");
    await output.debug("detail");
    await output.progress({
      activity: "work",
      activityId: 1,
      statusDescription: "half",
      currentOperation: null,
      parentActivityId: -1,
      percentComplete: 50,
      completed: false,
      secondsRemaining: -1,
    });
  },
  async fail() {
    throw new PowerShellError([errorRecord({ message: "hard", id: "Hard", category: "InvalidOperation" })], true);
  },
  async break() {
    throw new TypeError("a defect with a secret in it");
  },
  async wait(_args, pipeline, output) {
    await output.write("waiting");
    await new Promise<void>((resolve) => pipeline.signal.addEventListener("abort", () => resolve(), { once: true }));
  },
  async "read-host"(_args, _pipeline, output) {
    await output.write(`hello ${await output.callHost("ReadLine", [])}`);
  },
  async "exit-pssession"(_args, _pipeline, output) {
    await output.callHost("PopRunspace", []);
  },
  async "get-secret"(args, _pipeline, output) {
    const secret = args["secret"];
    await output.write(secret instanceof SecureString ? `${secret.reveal().length} characters` : "none");
    await output.write(new SecureString("of the server"));
  },
};

/** `Name`, `-Name:` as proxies write it, and `-Name` with the value behind it, as a script block that was made a command. */
function named(given: readonly CommandArgument[]): Arguments {
  const args: Record<string, PsValue> = {};
  let waiting = "";
  for (const { name, value } of given) {
    const plain = (name ?? waiting).toLowerCase().replace(/^-|:$/g, "");
    waiting = name !== null && value === null ? name : "";
    if (waiting === "") args[plain] = value;
  }
  return args;
}

export function testHandler(seen: Seen): RunspaceHandler<string> {
  return {
    open(session): Runspace {
      if (session.principal === "nobody")
        throw new PowerShellError([errorRecord({ message: "not you", id: "NotYou", category: "PermissionDenied" })], true);
      seen.opened.push(session);
      return {
        privateData: null,
        async run(pipeline, output) {
          for (const [command] of pipeline.statements) {
            const args = named(command?.arguments ?? []);
            const run = COMMANDS[command?.text.toLowerCase() ?? ""];
            if (run === undefined) {
              const message = `The term '${command?.text}' is not recognized as a name of a cmdlet, function, script file, or executable program.`;
              throw new PowerShellError([errorRecord({ message, id: "CommandNotFoundException", category: "ObjectNotFound" })], true);
            }
            await run(args, pipeline, output, seen);
          }
        },
        commandMetadata: () =>
          Object.keys(COMMANDS).map((name) => ({
            name,
            namespace: "",
            helpUri: "",
            commandType: 8,
            resolvedCommandName: null,
            outputTypes: [],
            parameters: [{ name: "Count", parameterType: "System.Int32", aliases: [], isDynamic: false, switchParameter: false }],
          })),
        reset: () => true,
        close: () => void seen.closed.push(session.id),
      };
    },
  };
}
