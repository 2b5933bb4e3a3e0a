import { Fault } from "@tieline/fault";
import type { PsObject, PsValue } from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { Catalogue } from "../cmdlet/catalogue.ts";
import { defineCmdlet } from "../cmdlet/declaration.ts";
import { InputQueue } from "./input-queue.ts";
import type { InvocationHook } from "./invocation-hook.ts";
import type { Outcome } from "./pipeline.ts";
import { Runspace, type RunOptions, type RunspaceOptions } from "./runspace.ts";
import { Collected } from "./sink.ts";
import { command, type StructuredCommand } from "./structured-command.ts";

const seen: string[] = [];

const numbers = defineCmdlet({
  name: "Get-Number",
  synopsis: "Counts.",
  parameters: { To: { type: "int", position: 0 } },
  *process(args) {
    for (let i = 1; i <= (args.To ?? 3); i++) {
      seen.push(`made ${i}`);
      yield i;
    }
  },
});

const slow = defineCmdlet({
  name: "Get-Slow",
  synopsis: "Counts, waiting each time.",
  parameters: { To: { type: "int", position: 0 } },
  async process(args, context) {
    for (let i = 1; i <= (args.To ?? 3); i++) {
      await Promise.resolve();
      seen.push(`made ${i}`);
      await context.write(i);
    }
  },
});

/** Puts out where it is, as the function `Order` of the recording does. */
const order = defineCmdlet({
  name: "Show-Order",
  synopsis: "Says what runs.",
  parameters: { N: { type: "string", position: 0 }, InputObject: { type: "object", fromPipeline: true } },
  stages: (context) => {
    let name = "";
    return {
      begin(args) {
        name = args.N ?? "";
        return [`b${name}`];
      },
      process(args) {
        void context.write(`p${name}${String(args.InputObject)}`);
        void context.write(args.InputObject ?? null);
      },
      end: () => [`e${name}`],
    };
  },
});

const first = defineCmdlet({
  name: "Take-First",
  synopsis: "Takes so many.",
  parameters: { Count: { type: "int", mandatory: true, position: 0 }, InputObject: { type: "object", fromPipeline: true } },
  stages(context) {
    let left = -1;
    return {
      begin: (args) => void (left = args.Count),
      process(args) {
        void context.write(args.InputObject ?? null);
        if (--left === 0) context.stopUpstream();
      },
      end: () => ["end of first"],
    };
  },
});

const failing = defineCmdlet({
  name: "Test-Fail",
  synopsis: "Fails.",
  parameters: { How: { type: "string", position: 0 }, InputObject: { type: "object", fromPipeline: true } },
  process(args, context) {
    if (args.How === "write") {
      context.writeError({ message: "no such thing", id: "Gone", category: "ObjectNotFound", target: "thing" });
      return ["after error"];
    }
    if (args.How === "fault") throw new Fault("command-not-found", { name: "x" });
    if (args.How === "bug") throw new TypeError("secret inside");
    context.warning("careful");
    context.verbose("step");
    return context.fail({ message: "the end", id: "End", category: "InvalidResult" });
  },
});

const remove = defineCmdlet({
  name: "Remove-It",
  synopsis: "Removes.",
  supportsShouldProcess: true,
  confirmImpact: "High",
  parameters: { Name: { type: "string", mandatory: true, position: 0, fromPipeline: true } },
  async process(args, context) {
    if (await context.shouldProcess(args.Name, "Remove")) await context.write(`removed ${args.Name}`);
  },
});

async function run(
  commands: readonly StructuredCommand[] | readonly (readonly StructuredCommand[])[],
  options: Partial<RunOptions & RunspaceOptions<unknown>> = {},
): Promise<Collected & { outcome: Outcome }> {
  seen.length = 0;
  const sink = new Collected();
  const runspace = new Runspace({ catalogue: new Catalogue([numbers, slow, order, first, failing, remove]), session: {}, ...options });
  const statements = (Array.isArray(commands[0]) ? commands : [commands]) as StructuredCommand[][];
  const outcome = await runspace.run(statements, { sink, ...options });
  return Object.assign(sink, { outcome });
}

describe("a runspace without language", () => {
  it("refuses script text with PowerShell's id, category and text (recorded: restricted-commands)", async () => {
    const { outcome, objects } = await run([command("Get-Number"), { text: "process { $_ }", isScript: true, arguments: [] }]);
    expect(objects).toEqual([]);
    expect(outcome.state).toBe("failed");
    expect(outcome.error).toMatchObject({
      fullyQualifiedId: "ScriptsNotAllowed",
      category: "ParserError",
      categoryText: "ParserError: (process { $_ }:String) [], ParseException",
      message: "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
    });
  });

  it.each([
    ["No-Such", "No-Such"],
    ["Microsoft.PowerShell.Management\\Get-Process", "Get-Process"],
    ["/bin/echo", "/bin/echo"],
  ])("does not know %s, as an endpoint that hides it (recorded: restricted-commands)", async (text, name) => {
    const { outcome } = await run([command(text)]);
    expect(outcome.error).toMatchObject({
      fullyQualifiedId: "CommandNotFoundException",
      categoryText: `ObjectNotFound: (${name}:String) [], CommandNotFoundException`,
      message: `The term '${name}' is not recognized as a name of a cmdlet, function, script file, or executable program.\nCheck the spelling of the name, or if a path was included, verify that the path is correct and try again.`,
      invocation: undefined,
    });
  });

  it("finds commands in any letter case and with a module before the name", async () => {
    expect((await run([command("Some.Module\\GET-number", { To: 1 })])).objects).toEqual([1]);
  });

  it("runs statements one after the other and ends with the first that fails", async () => {
    const both = await run([[command("Get-Number", {}, [1])], [command("Get-Number", {}, [2])]]);
    expect(both.objects).toEqual([1, 1, 2]);
    const failed = await run([[command("Get-Number", {}, [1])], [command("No-Such")], [command("Get-Number", {}, [2])]]);
    expect(failed.objects).toEqual([1]);
    expect(failed.outcome.state).toBe("failed");
  });

  it("refuses more commands than its limit with a fault", async () => {
    const { outcome } = await run(Array.from({ length: 300 }, () => command("Get-Number")));
    expect(outcome.error?.fault?.code).toBe("too-many-commands");
  });
});

describe("a pipeline", () => {
  it("begins, feeds and ends its commands from left to right (recorded: func-0120)", async () => {
    const { objects } = await run([command("Show-Order", {}, ["A"]), command("Show-Order", {}, ["B"])], { input: [1, 2] });
    expect(objects).toEqual(["bB", "pBbA", "bA", "pBpA1", "pA1", "pB1", 1, "pBpA2", "pA2", "pB2", 2, "pBeA", "eA", "eB"]);
  });

  it.each(["Get-Number", "Get-Slow"])("ends %s at once when a later command has enough, and runs that one's end", async (name) => {
    const { objects, outcome } = await run([command(name, {}, [1000]), command("Take-First", {}, [2])]);
    expect(objects).toEqual([1, 2, "end of first"]);
    expect(seen).toEqual(["made 1", "made 2"]);
    expect(outcome).toEqual({ state: "completed" });
  });

  it("waits for a slow reader before it makes the next object", async () => {
    const sink = new Collected();
    const steps: string[] = [];
    sink.output = (value: PsValue) => {
      steps.push(`got ${String(value)} after ${seen.length}`);
      return Promise.resolve() as unknown as void;
    };
    await run([command("Get-Number", {}, [3])], { sink });
    expect(steps).toEqual(["got 1 after 1", "got 2 after 2", "got 3 after 3"]);
  });

  it("keeps the order of what nobody awaited", async () => {
    const { objects } = await run([command("Show-Order", {}, ["A"]), command("Remove-It", { Confirm: false })], { input: ["x"] });
    expect(objects).toEqual(["removed bA", "removed pAx", "removed x", "removed eA"]);
  });

  it("takes objects that arrive while it runs", async () => {
    const input = new InputQueue();
    const done = run([command("Show-Order", {}, ["A"])], { input });
    input.push("one");
    await Promise.resolve();
    input.push("two");
    input.end();
    expect((await done).objects).toEqual(["bA", "pAone", "one", "pAtwo", "two", "eA"]);
  });

  it("stops when its signal says so, even while it waits for input", async () => {
    const stop = new AbortController();
    const done = run([command("Show-Order", {}, ["A"])], { input: new InputQueue(), signal: stop.signal });
    await Promise.resolve();
    stop.abort();
    const { outcome, objects } = await done;
    expect(objects).toEqual(["bA"]);
    expect(outcome.state).toBe("stopped");
    expect(outcome.error).toMatchObject({
      fullyQualifiedId: "PipelineStopped",
      categoryText: "OperationStopped: (:) [], PipelineStoppedException",
    });
  });
});

describe("a pipeline that never waits", () => {
  it("gives way every thousand objects, in order, and stops there", async () => {
    const stop = new AbortController();
    let pauses = 0;
    const pause = async (): Promise<void> => {
      await Promise.resolve();
      if (++pauses === 3) stop.abort();
    };
    const { outcome, objects } = await run([command("Get-Number", {}, [100_000])], { pause, signal: stop.signal });
    expect(outcome.state).toBe("stopped");
    expect(objects.slice(1022, 1026)).toEqual([1023, 1024, 1025, 1026]);
    expect(objects.length).toBeLessThan(4096);
  });
});

describe("errors", () => {
  it("goes on after an error that was written, and marks it with the command", async () => {
    const { objects, errors, outcome } = await run([command("Test-Fail", {}, ["write"])]);
    expect(objects).toEqual(["after error"]);
    expect(outcome.state).toBe("completed");
    expect(errors[0]).toMatchObject({
      fullyQualifiedId: "Gone,Test-Fail",
      categoryText: "ObjectNotFound: (thing:String) [Test-Fail], RuntimeException",
    });
  });

  it.each([
    ["Stop", "failed", 0, []],
    ["SilentlyContinue", "completed", 0, ["after error"]],
    ["Ignore", "completed", 0, ["after error"]],
    ["Continue", "completed", 1, ["after error"]],
  ])("follows -ErrorAction %s", async (action, state, count, output) => {
    const { objects, errors, outcome } = await run([command("Test-Fail", { ErrorAction: action }, ["write"])]);
    expect([outcome.state, errors.length, objects]).toEqual([state, count, output]);
  });

  it("ends with an error that was thrown, after the warnings before it", async () => {
    const { outcome, warnings, verboses } = await run([command("Get-Number"), command("Test-Fail", { Verbose: true }, ["x"])]);
    expect(outcome.error).toMatchObject({ fullyQualifiedId: "End,Test-Fail", message: "the end" });
    expect([warnings, verboses]).toEqual([["careful"], ["step"]]);
  });

  it("tells a fault by its code and text, and nothing of an unknown error's inside", async () => {
    expect((await run([command("Test-Fail", {}, ["fault"])])).outcome.error).toMatchObject({
      fullyQualifiedId: "command-not-found,Test-Fail",
    });
    const bug = (await run([command("Test-Fail", {}, ["bug"])])).outcome.error;
    expect(bug?.fullyQualifiedId).toBe("internal,Test-Fail");
    expect(bug?.message).not.toContain("secret");
  });

  it("sends the errors of a merged command down the pipeline as objects", async () => {
    const { objects, errors } = await run([
      { ...command("Test-Fail", {}, ["write"]), merge: { error: 1 } },
      command("Take-First", {}, [5]),
    ]);
    expect(errors).toEqual([]);
    expect((objects[0] as PsObject).typeNames[0]).toBe("System.Management.Automation.ErrorRecord");
    expect(objects[1]).toBe("after error");
  });

  it("keeps what -ErrorVariable and -OutVariable name where the session keeps variables", async () => {
    const variables = new Map<string, PsValue[]>();
    await run([command("Test-Fail", { ErrorVariable: "Ev", OutVariable: "+ov", ErrorAction: "SilentlyContinue" }, ["write"])], {
      variables,
    });
    expect(String(variables.get("ev")?.[0])).toBe("no such thing");
    expect(variables.get("ov")).toEqual(["after error"]);
  });
});

describe("changes", () => {
  it("says what it would do under -WhatIf, and does nothing (PowerShell's words)", async () => {
    const lines: string[] = [];
    const host = { writeLine: (text: string) => void lines.push(text), popRunspace() {}, clear() {}, promptForChoice: () => 0 };
    const { objects } = await run([command("Remove-It", { WhatIf: true }, ["x"])], { host });
    expect(objects).toEqual([]);
    expect(lines).toEqual(['What if: Performing the operation "Remove" on target "x".']);
  });

  it("asks the host about a change of high impact, and remembers an answer for all", async () => {
    const asked: string[] = [];
    const host = {
      writeLine() {},
      popRunspace() {},
      clear() {},
      promptForChoice: (_: string, message: string) => (asked.push(message), 1),
    };
    const { objects } = await run([command("Remove-It")], { input: ["x", "y"], host });
    expect(objects).toEqual(["removed x", "removed y"]);
    expect(asked).toEqual(['Are you sure you want to perform this action?\nPerforming the operation "Remove" on target "x".']);
  });

  it("fails where nobody can answer, and does it without asking under -Confirm:$false", async () => {
    expect((await run([command("Remove-It", {}, ["x"])])).outcome.error?.fullyQualifiedId).toBe("ConfirmationNotPossible,Remove-It");
    expect((await run([command("Remove-It", { Confirm: false }, ["x"])])).objects).toEqual(["removed x"]);
  });
});

describe("the hooks around each cmdlet", () => {
  it("see every command with its arguments, and what became of it", async () => {
    const log: unknown[] = [];
    const hook: InvocationHook = {
      before: ({ command: { name }, arguments: given, position, pipelineLength }) => void log.push([name, given, position, pipelineLength]),
      after: ({ command: { name } }, end) => void log.push([name, end]),
    };
    await run([command("Get-Number", {}, ["2"]), command("Take-First", {}, [1])], { hooks: [hook] });
    expect(log).toEqual([
      ["Get-Number", { To: 2 }, 1, 2],
      ["Take-First", { Count: 1 }, 2, 2],
      ["Get-Number", { state: "completed", objects: 1, errors: 0 }],
      ["Take-First", { state: "completed", objects: 2, errors: 0 }],
    ]);
  });

  it("fail the pipeline where they cannot record what it did", async () => {
    const hook: InvocationHook = {
      after: () => {
        throw new Fault("command-not-found", { name: "audit" });
      },
    };
    const { objects, outcome } = await run([command("Get-Number", {}, [1])], { hooks: [hook] });
    expect([objects, outcome.state, outcome.error?.fullyQualifiedId]).toEqual([[1], "failed", "command-not-found"]);
  });

  it("may refuse before anything runs; those that began are told the end", async () => {
    const ends: unknown[] = [];
    const hook: InvocationHook = {
      before: ({ command: { name } }) => {
        if (name === "Take-First") throw new Fault("command-not-found", { name });
      },
      after: ({ command: { name } }, { state }) => void ends.push([name, state]),
    };
    const { objects, outcome } = await run([command("Get-Number"), command("Take-First", {}, [1])], { hooks: [hook] });
    expect([objects, outcome.state, seen]).toEqual([[], "failed", []]);
    expect(ends).toEqual([
      ["Get-Number", "failed"],
      ["Take-First", "failed"],
    ]);
  });
});
