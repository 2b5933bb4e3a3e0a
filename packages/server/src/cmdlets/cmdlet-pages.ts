/** All pages by file name; `npm run pages` writes them, a test holds them. */
import { onlineCatalogue, poolCatalogue } from "./catalogues.ts";
import { cmdletIndex, cmdletPage } from "./cmdlet-page.ts";

export function cmdletPages(): Map<string, string> {
  const rows = [
    ...onlineCatalogue()
      .all()
      .map((cmdlet) => ({ cmdlet, site: "online" })),
    ...poolCatalogue()
      .all()
      .map((cmdlet) => ({ cmdlet, site: "pool" })),
  ];
  const pages = new Map([["README.md", cmdletIndex(rows)]]);
  for (const { cmdlet, site } of rows) {
    const isOnBoth = rows.filter((row) => row.cmdlet === cmdlet).length > 1;
    pages.set(`${cmdlet.name}.md`, cmdletPage(cmdlet, isOnBoth ? "online and the pool" : site));
  }
  return pages;
}
