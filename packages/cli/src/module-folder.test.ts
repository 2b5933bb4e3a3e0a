import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { installModule, modulesFolder, removeModule, SHIPPED, versionOf } from "./module-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "tieline-modules-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = ["Tieline", "SkypeOnlineConnector", "LyncOnlineConnector"] as const;

test.each<[string, Parameters<typeof modulesFolder>, string]>([
  ["a user's, as XDG has it", ["user", { HOME: "/home/a" }, "linux"], "/home/a/.local/share/powershell/Modules"],
  ["a user's, moved", ["user", { HOME: "/home/a", XDG_DATA_HOME: "/data" }, "linux"], "/data/powershell/Modules"],
  ["a user's on macOS", ["user", { HOME: "/Users/a" }, "darwin"], "/Users/a/.local/share/powershell/Modules"],
  ["everybody's", ["all", {}, "darwin"], "/usr/local/share/powershell/Modules"],
])("PowerShell searches %s", (_, given, expected) => {
  expect(modulesFolder(...given)).toBe(expected);
});

test("a module is put in its place once, and replaced after that, with nothing left aside", () => {
  const modules = join(folder, "once");
  expect(installModule("Tieline", modules)).toMatchObject({ done: "installed", version: versionOf("Tieline") });
  writeFileSync(join(modules, "Tieline", "of-an-older-version.ps1"), "");
  expect(installModule("Tieline", modules)).toMatchObject({ done: "replaced", path: join(modules, "Tieline") });
  expect(readdirSync(modules)).toEqual(["Tieline"]);
  expect(existsSync(join(modules, "Tieline", "of-an-older-version.ps1"))).toBe(false);
  const note = JSON.parse(readFileSync(join(modules, "Tieline", "tieline.json"), "utf8")) as Record<string, string>;
  expect(note["script"]).toMatch(/tieline\.js$/);
  expect(removeModule("Tieline", modules)).toMatchObject({ done: "removed" });
  expect(readdirSync(modules)).toEqual([]);
  expect(removeModule("Tieline", modules)).toBeUndefined();
});

test("what is not ours is neither replaced nor removed", () => {
  const modules = join(folder, "others");
  for (const name of ["Tieline", "SkypeOnlineConnector"]) mkdirSync(join(modules, name), { recursive: true });
  for (const name of ["Tieline", "SkypeOnlineConnector"]) writeFileSync(join(modules, name, "theirs.psm1"), "");
  expect(() => installModule("SkypeOnlineConnector", modules)).toThrow("was not installed by Tieline");
  expect(() => removeModule("Tieline", modules)).toThrow("was not installed by Tieline");
  expect(removeModule("SkypeOnlineConnector", modules)).toBeUndefined();
  expect(existsSync(join(modules, "SkypeOnlineConnector", "theirs.psm1"))).toBe(true);
});

test("a folder that cannot be written to is named", () => {
  writeFileSync(join(folder, "file"), "");
  expect(() => installModule("Tieline", join(folder, "file"))).toThrow(join(folder, "file"));
});

test.each(NAMES)("%s: its manifest exports functions that there are, each in a file of its name with help", (name) => {
  const manifest = readFileSync(join(SHIPPED(name), `${name}.psd1`), "utf8");
  const list = /FunctionsToExport\s*=\s*@\(([^)]*)\)/.exec(manifest)?.[1] ?? "";
  const exported = [...list.matchAll(/'([^']+)'/g)].map(([, each]) => each as string).toSorted();
  const files = readdirSync(join(SHIPPED("Tieline"), "Public"), "utf8").map((file) => file.replace(/\.ps1$/, ""));
  if (name === "Tieline") expect(exported).toEqual(files.toSorted());
  else expect(files).toEqual(expect.arrayContaining(exported));
  for (const file of exported) {
    const text = readFileSync(join(SHIPPED("Tieline"), "Public", `${file}.ps1`), "utf8");
    expect(text).toContain(`function ${file} {`);
    expect(text).toMatch(/\.SYNOPSIS[\s\S]*\.DESCRIPTION[\s\S]*\.EXAMPLE/);
    expect(text).toMatch(/\[CmdletBinding\(/);
  }
});

test("no secret of a person can reach an argument or a file of the module", () => {
  const texts = ["Public", "Private"].flatMap((part) =>
    readdirSync(join(SHIPPED("Tieline"), part), "utf8").map((file) => readFileSync(join(SHIPPED("Tieline"), part, file), "utf8")),
  );
  const revealing = texts.filter(
    (text) => text.includes("ConvertFrom-TielineSecret ") && !text.includes("function ConvertFrom-TielineSecret"),
  );
  // Three places turn a secret into text: the request and the answer to a question, which go to the bridge's socket, and a
  // token for a move, which goes through the session to the pool.
  expect(revealing).toHaveLength(3);
  expect(texts.filter((text) => /Start-Transcript|-ArgumentList.*[Pp]assword/.test(text))).toEqual([]);
});
