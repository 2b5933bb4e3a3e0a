/** `npm run pages`: writes each cmdlet's page into docs/cmdlets. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cmdletPages } from "@tieline/server";

const folder = join(import.meta.dirname, "../docs/cmdlets");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const pages = cmdletPages();
for (const [name, text] of pages) writeFileSync(join(folder, name), text);
console.log(`${pages.size} pages in docs/cmdlets`);
