import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { consoleHost, type ConsoleHostOptions } from "./console-host.ts";
import type { SecureString } from "./objects/index.ts";
import type { FieldDescription } from "./psrp/index.ts";

function terminal(
  answers: readonly string[],
  options: Partial<ConsoleHostOptions> = {},
): { host: ReturnType<typeof consoleHost>; shown: () => string } {
  const input = new PassThrough();
  const output = new PassThrough();
  const host = consoleHost({ input, output, ...options });
  let text = "";
  output.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  // All at once, as from a pipe: no line may be lost.
  input.write(answers.map((answer) => `${answer}\n`).join(""));
  return { host, shown: () => text };
}

const context = { pipeline: undefined };
const field = (name: string, type: string): FieldDescription => ({
  name,
  label: "",
  parameterTypeName: type,
  parameterTypeFullName: type,
  parameterAssemblyFullName: "",
  helpMessage: "",
  isMandatory: true,
  modifiedByRemotingProtocol: false,
  isFromRemoteHost: false,
});

test("lines are written, and cannot steer the terminal", async () => {
  const { host, shown } = terminal([], { showRecords: true });
  await host.methods.Write1?.(["a\u001b[2Jb\u0007"], context);
  await host.methods.WriteLine3?.([12, 0, "c"], context);
  await host.methods.WriteWarningLine?.(["w"], context);
  expect(shown()).toBe("a[2Jbc\nWARNING: w\n");
});

test("colours are painted where they are wanted", async () => {
  const { host, shown } = terminal([], { colours: true });
  await host.methods.WriteLine3?.([12, 1, "red"], context);
  expect(shown()).toBe("\u001b[91;44mred\u001b[0m\n");
});

test("Prompt asks each field by its type", async () => {
  const { host, shown } = terminal(["text", "hush", "one", "two", ""]);
  const fields = [field("Plain", "System.String"), field("Hidden", "System.Security.SecureString"), field("Many", "System.String[]")];
  const answers = await host.methods.Prompt?.(["caption", "message", fields], context);
  expect(answers?.get("Plain")).toBe("text");
  expect((answers?.get("Hidden") as SecureString | undefined)?.reveal()).toBe("hush");
  expect(answers?.get("Many")).toEqual(["one", "two"]);
  expect(shown()).toContain("caption\nmessage\nPlain: ");
});

const choices = [
  { label: "&Yes", helpMessage: "do it" },
  { label: "&No", helpMessage: "leave it" },
];

test.each([
  [["n"], 1],
  [["YES"], 0],
  [[""], 1],
  [["zork", "?", "y"], 0],
])("PromptForChoice with %j chooses %i", async (answers, expected) => {
  const { host } = terminal(answers);
  expect(await host.methods.PromptForChoice?.([null, "sure?", choices, 1], context)).toBe(expected);
});

test("several choices end with an empty line", async () => {
  const { host } = terminal(["y", "n", ""]);
  expect(await host.methods.PromptForChoiceMultipleSelection?.(["", "", choices, [0]], context)).toEqual([0, 1]);
});

test("a credential is asked for in two lines", async () => {
  const { host } = terminal(["alice", "hush"]);
  const credential = await host.methods.PromptForCredential1?.(["c", "m", "", ""], context);
  expect([credential?.userName, credential?.password.reveal()]).toEqual(["alice", "hush"]);
});

test("a question that nobody can answer is a fault, not a wait", async () => {
  const input = new PassThrough();
  input.end();
  const host = consoleHost({ input, output: new PassThrough() });
  await expect(host.methods.ReadLine?.([], context)).rejects.toMatchObject({ code: "host-input-ended" });
  const signal = AbortSignal.abort();
  await expect(terminal([], { signal }).host.methods.ReadLine?.([], context)).rejects.toMatchObject({ code: "host-input-ended" });
});

test("a hidden answer is typed without being shown, with backspaces", async () => {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => void modes.push(raw) });
  const host = consoleHost({ input, output: new PassThrough() });
  const answer = host.methods.ReadLineAsSecureString?.([], context);
  for (const key of ["a", "b", "\u007f", "\u007f", "\u007f", "o", "k", "\r"]) input.write(key);
  expect((await answer)?.reveal()).toBe("ok");
  const stopped = host.methods.ReadLineAsSecureString?.([], context);
  input.write("x\u0003");
  await expect(stopped).rejects.toMatchObject({ code: "host-input-ended" });
  expect(modes).toEqual([true, false, true, false]);
});
