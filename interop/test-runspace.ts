/**
 * A runspace for strangers: commands that exercise every stream, input, host calls, secrets, errors, stop, and much or
 * slow output. Invoke-Expression and Out-String are there for clients that can send nothing else; the only expressions
 * that they know are the commands of this file, with texts and numbers as arguments.
 */
import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { DateTime, PsDictionary, PsList, PsObject, type PsValue, SecureString, toText, Version } from "@tieline/remoting/objects";
import {
  COMMAND_TYPES,
  type Command,
  type CommandMetadata,
  type CommandMetadataQuery,
  encodeErrorRecord,
  errorRecord,
  type ErrorRecord,
  type FieldDescription,
} from "../packages/remoting/src/psrp/index.ts";
import { PowerShellError } from "../packages/remoting/src/client/powershell-error.ts";
import type {
  PipelineOutput,
  PipelineRequest,
  Runspace,
  RunspaceHandler,
  SessionContext,
} from "../packages/remoting/src/server/runspace.ts";

interface Call {
  /** By name in lower case. */
  arguments: ReadonlyMap<string, PsValue>;
  input: AsyncIterable<PsValue>;
  output: PipelineOutput;
  /** Into the error stream, or where the client wants that to go. */
  error: (record: ErrorRecord) => Promise<void>;
  signal: AbortSignal;
  state: State;
}

/** What lasts from one pipeline to the next. */
interface State {
  memory: PsValue | undefined;
  /** Commands that were stopped while they waited. */
  stopped: number;
  session: SessionContext<unknown>;
}

interface TestCommand {
  /** In the order in which positional arguments fill them. */
  parameters: readonly string[];
  run(call: Call): AsyncGenerator<PsValue, void>;
}

const number = (call: Call, name: string): number => Number(unwrap(call.arguments.get(name) ?? 0));
const text = (call: Call, name: string): string => toText(call.arguments.get(name) ?? "");
const unwrap = (value: PsValue): PsValue => (value instanceof PsObject && value.base !== undefined ? value.base : value);

/** For commands that only do something. */
function* nothing(done: unknown): Generator<PsValue, void> {
  if (done instanceof Error) yield done.message;
}

function failure(message: string, id: string, command: string): ErrorRecord {
  return errorRecord({ message, id: `${id},${command}`, category: "InvalidOperation", activity: command });
}

function field(name: string): FieldDescription {
  return {
    name,
    label: `&${name}`,
    parameterTypeName: "String",
    parameterTypeFullName: "System.String",
    parameterAssemblyFullName: "mscorlib",
    helpMessage: `say ${name}`,
    isMandatory: true,
    modifiedByRemotingProtocol: false,
    isFromRemoteHost: false,
  };
}

/** 2001-02-03 04:05:06, a moment that is the same in each run. */
const SOME_TIME = 63_116_755_506;

export const COMMANDS: Readonly<Record<string, TestCommand>> = {
  "Write-Streams": {
    parameters: [],
    async *run({ output, error }) {
      const progress = {
        activityId: 1,
        statusDescription: "on the way",
        currentOperation: null,
        parentActivityId: -1,
        secondsRemaining: -1,
      };
      await output.progress({ ...progress, activity: "working", percentComplete: 10, completed: false });
      await output.debug("a debug");
      await output.verbose("a verbose");
      await output.warning("a warning");
      const timeGenerated = new DateTime(SOME_TIME, "Utc");
      const by = { user: "tester", computer: "here", processId: 1, nativeThreadId: 2, managedThreadId: 3 };
      await output.information({ messageData: "an information", source: "test", tags: ["tag"], timeGenerated, ...by });
      await error(failure("an error", "TestError", "Write-Streams"));
      yield "an output";
      await output.progress({ ...progress, activity: "working", percentComplete: 100, completed: true });
    },
  },
  "Read-Input": {
    parameters: [],
    async *run({ input }) {
      yield* input;
    },
  },
  "Measure-Text": {
    parameters: [],
    async *run({ input }) {
      for await (const each of input) yield `${toText(each).length} ${createHash("sha256").update(toText(each)).digest("hex")}`;
    },
  },
  "Measure-Count": {
    parameters: [],
    async *run({ input }) {
      let count = 0;
      for await (const _ of input) count += 1;
      yield count;
    },
  },
  "Get-Echo": {
    parameters: ["Value"],
    async *run(call) {
      const value = call.arguments.get("value") ?? null;
      const inside = unwrap(value);
      if (inside instanceof PsList) yield* inside.items;
      else yield value;
    },
  },
  "Get-Number": {
    parameters: ["Count"],
    async *run(call) {
      for (let i = 0; i < number(call, "count"); i++) yield i;
    },
  },
  "Get-Person": {
    parameters: ["Count"],
    async *run(call) {
      for (let i = 0; i < number(call, "count"); i++) {
        yield PsObject.of({ Name: `person${i}`, Number: i, Enabled: i % 2 === 0, Tags: ["a", "b"], Nothing: null }, [
          "Tieline.Test.Person",
          "System.Object",
        ]);
      }
    },
  },
  "Get-Block": {
    parameters: ["Count", "Length"],
    async *run(call) {
      for (let i = 0; i < number(call, "count"); i++)
        yield String(i)
          .padStart(5, "0")
          .repeat(number(call, "length") / 5);
    },
  },
  "Get-Slowly": {
    parameters: ["Count", "Milliseconds"],
    async *run(call) {
      for (let i = 0; i < number(call, "count"); i++) {
        await wait(number(call, "milliseconds"), undefined, { signal: call.signal });
        yield i;
      }
    },
  },
  "Wait-Stop": {
    parameters: [],
    async *run({ signal, state }) {
      yield "waiting";
      try {
        await wait(600_000, undefined, { signal });
      } finally {
        state.stopped += 1;
      }
    },
  },
  "Get-Stopped": {
    parameters: [],
    async *run({ state }) {
      yield state.stopped;
    },
  },
  "Stop-Hard": {
    parameters: [],
    async *run() {
      yield "before";
      throw new PowerShellError([failure("it cannot go on", "CannotGoOn", "Stop-Hard")], true);
    },
  },
  "Read-Host": {
    parameters: [],
    async *run({ output }) {
      yield (await output.callHost("ReadLine", [])) ?? "";
      const answers = await output.callHost("Prompt", ["a caption", "a message", [field("First"), field("Second")]]);
      for (const [, value] of answers ?? []) yield value;
      const choices = [
        { label: "&Yes", helpMessage: "do it" },
        { label: "&No", helpMessage: "leave it" },
      ];
      yield String(await output.callHost("PromptForChoice", ["a caption", "a question", choices, 0]));
      await output.callHost("Write1", ["written"]);
      await output.callHost("WriteLine2", ["a line of its own"]);
      await output.callHost("WriteWarningLine", ["beware"]);
    },
  },
  "Exit-Host": {
    parameters: ["Code"],
    async *run(call) {
      yield* nothing(await call.output.callHost("SetShouldExit", [number(call, "code")]));
    },
  },
  "Read-Secret": {
    parameters: [],
    async *run({ output }) {
      yield (await output.callHost("ReadLineAsSecureString", []))?.reveal() ?? "";
      const credential = await output.callHost("PromptForCredential1", ["a caption", "a message", "someone", "here"]);
      yield credential?.userName ?? "";
      yield credential?.password.reveal() ?? "";
    },
  },
  "Show-Secret": {
    parameters: ["Secret"],
    async *run(call) {
      const secret = unwrap(call.arguments.get("secret") ?? null);
      yield secret instanceof SecureString ? secret.reveal() : "no secret";
    },
  },
  "New-Secret": {
    parameters: ["Text"],
    async *run(call) {
      yield new SecureString(text(call, "text"));
    },
  },
  "Set-Memory": {
    parameters: ["Value"],
    async *run(call) {
      yield* nothing((call.state.memory = call.arguments.get("value") ?? null));
    },
  },
  "Get-Memory": {
    parameters: [],
    async *run({ state }) {
      if (state.memory !== undefined) yield state.memory;
    },
  },
  "Get-ApplicationArgument": {
    parameters: ["Name"],
    async *run(call) {
      yield call.state.session.applicationArguments?.get(text(call, "name")) ?? null;
    },
  },
  "Invoke-Expression": {
    parameters: ["Command"],
    async *run(call) {
      for (const line of text(call, "command")
        .split(/\r?\n/)
        .map((each) => each.trim())) {
        // One client adds a statement that makes an exit code of `$?`.
        if (line === "" || line.startsWith("if (")) continue;
        const [name = "", ...words] = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
        const command = find(name);
        yield* command.run({
          ...call,
          arguments: bind(
            command,
            words.map((value) => ({ name: null, value })),
          ),
        });
      }
    },
  },
  "Out-String": {
    parameters: ["Stream"],
    async *run({ input }) {
      for await (const each of input) yield toText(each);
    },
  },
};

function find(name: string): TestCommand {
  const entry = Object.entries(COMMANDS).find(([known]) => known.toLowerCase() === name.toLowerCase());
  if (entry !== undefined) return entry[1];
  const message = `The term '${name}' is not recognized as a name of a cmdlet, function, script file, or executable program.`;
  const exceptionTypes = [
    "System.Management.Automation.CommandNotFoundException",
    "System.Management.Automation.RuntimeException",
    "System.SystemException",
    "System.Exception",
    "System.Object",
  ];
  throw new PowerShellError(
    [
      errorRecord({
        message,
        id: "CommandNotFoundException",
        category: "ObjectNotFound",
        target: name,
        targetName: name,
        targetType: "String",
        exceptionTypes,
      }),
    ],
    true,
  );
}

/** Names as they are, or as a proxy sends them (`-Name:`); one client sends name and value as two arguments. */
function bind({ parameters }: TestCommand, given: Command["arguments"]): ReadonlyMap<string, PsValue> {
  const bound = new Map<string, PsValue>();
  let waiting: string | undefined;
  for (const { name, value } of given) {
    const key = name === null ? waiting : name.replace(/^-|:$/g, "").toLowerCase();
    waiting = undefined;
    if (name !== null && value === null) waiting = key;
    if (key !== undefined) bound.set(key, value);
    else {
      const free = parameters.find((each) => !bound.has(each.toLowerCase()));
      if (free !== undefined) bound.set(free.toLowerCase(), value);
    }
  }
  return bound;
}

class TestRunspace implements Runspace {
  readonly privateData = PsDictionary.of({
    PSVersionTable: PsDictionary.of({
      PSVersion: new Version("5.1.14393.0"),
      PSRemotingProtocolVersion: new Version("2.3"),
      SerializationVersion: new Version("1.1.0.1"),
    }),
  });
  readonly #state: State;

  constructor(session: SessionContext<unknown>) {
    this.#state = { memory: undefined, stopped: 0, session };
  }

  async run(request: PipelineRequest, output: PipelineOutput): Promise<void> {
    for (const statement of request.statements) {
      let stream = request.input;
      for (const command of statement) {
        const known = find(command.text);
        const merged = (command.merge.error ?? 0) === 1 || (command.merge.myResult === 2 && command.merge.toResult === 1);
        const error = (record: ErrorRecord): Promise<void> => (merged ? output.write(encodeErrorRecord(record)) : output.error(record));
        stream = known.run({
          arguments: bind(known, command.arguments),
          input: stream,
          output,
          error,
          signal: request.signal,
          state: this.#state,
        });
      }
      for await (const value of stream) await output.write(value);
    }
  }

  commandMetadata({ names, commandTypes }: CommandMetadataQuery): CommandMetadata[] {
    const patterns = (names ?? ["*"]).map((name) => new RegExp(`^${name.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i"));
    const cmdlet = COMMAND_TYPES.values.Cmdlet;
    return Object.entries(COMMANDS)
      .filter(([name]) => (commandTypes & cmdlet) !== 0 && patterns.some((pattern) => pattern.test(name)))
      .map(([name, { parameters }]) => ({
        name,
        namespace: "Tieline.Test",
        helpUri: "",
        commandType: cmdlet,
        resolvedCommandName: null,
        outputTypes: [],
        parameters: parameters.map((each) => ({
          name: each,
          parameterType: "System.Object",
          aliases: [],
          isDynamic: false,
          switchParameter: false,
        })),
      }));
  }

  reset(): boolean {
    this.#state.memory = undefined;
    return true;
  }
}

export const testRunspaces: RunspaceHandler<unknown> = { open: (session) => new TestRunspace(session) };
