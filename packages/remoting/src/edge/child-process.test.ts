import { expect, test } from "vitest";
import { startProcess } from "./child-process.ts";

const node = process.execPath;

test("bytes go through the program's standard streams; it ends when they do", async () => {
  const link = await startProcess({ command: node, args: ["-e", "process.stdin.pipe(process.stdout)"] });
  const big = Buffer.alloc(3_000_000, 65);
  const writing = link.write(big);
  let size = 0;
  for await (const chunk of link.input) {
    size += chunk.length;
    if (size === big.length) break;
  }
  await writing;
  await link.close();
  expect((await link.reason()).message).toContain("exit code 0");
});

test("what the program said on standard error stands in the fault", async () => {
  const link = await startProcess({ command: node, args: ["-e", "console.error('no such thing'); process.exitCode = 3"] });
  for await (const _ of link.input) expect.unreachable();
  expect((await link.reason()).message).toContain("exit code 3: no such thing");
  await expect(link.write(new Uint8Array(1))).rejects.toThrow();
});

test("a program that does not end is ended", async () => {
  const link = await startProcess({ command: node, args: ["-e", "setInterval(() => {}, 1000)"], closeTimeoutMs: 200 });
  await link.close();
  expect((await link.reason()).message).toContain("SIGKILL");
});

test("a program that is not there is a fault", async () => {
  await expect(startProcess({ command: "/no/such/pwsh" })).rejects.toMatchObject({ code: "process-start-failed" });
});
