import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cmdletPages } from "./cmdlet-pages.ts";

const FOLDER = join(import.meta.dirname, "../../../../docs/cmdlets");

test("docs/cmdlets has a page a cmdlet, each as its declaration has it (npm run pages)", () => {
  const pages = cmdletPages();
  expect(readdirSync(FOLDER).sort()).toEqual([...pages.keys()].sort());
  for (const [name, text] of pages) expect(readFileSync(join(FOLDER, name), "utf8") === text ? name : `${name} is out of date`).toBe(name);
});

test("every cmdlet has an example with its own name in it", () => {
  for (const [name, text] of cmdletPages()) {
    if (name !== "README.md")
      expect(
        text.split("```powershell").length > 1 && text.split("```")[1]?.includes(name.replace(".md", "")) ? name : `${name} has no example`,
      ).toBe(name);
  }
});
