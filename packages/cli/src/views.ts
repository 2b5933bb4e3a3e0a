/** How a type is shown where the terminal has a table: as the cmdlets declare it. */
import { onlineCatalogue, poolCatalogue } from "@tieline/server";
import type { DefaultView } from "./output/printer.ts";

let views: Map<string, DefaultView> | undefined;

export function defaultView(typeNames: readonly string[]): DefaultView | undefined {
  views ??= new Map(
    [onlineCatalogue(), poolCatalogue()].flatMap((catalogue) =>
      catalogue
        .all()
        .flatMap((cmdlet) =>
          (cmdlet.declaration.output ?? []).flatMap(({ typeName, view }): [string, DefaultView][] =>
            view === undefined
              ? []
              : [[typeName.toLowerCase(), { kind: view.kind, columns: view.columns.map((column) => column.property) }]],
          ),
        ),
    ),
  );
  for (const name of typeNames) {
    const found = views.get(name.replace(/^Deserialized\./i, "").toLowerCase());
    if (found !== undefined) return found;
  }
  return undefined;
}
