/** The columns of a type where the terminal has a table: those that the cmdlets declare. */
import { onlineCatalogue, poolCatalogue } from "@tieline/server";

let columns: Map<string, readonly string[]> | undefined;

export function defaultColumns(typeNames: readonly string[]): readonly string[] | undefined {
  columns ??= new Map(
    [onlineCatalogue(), poolCatalogue()].flatMap((catalogue) =>
      catalogue
        .all()
        .flatMap((cmdlet) =>
          (cmdlet.declaration.output ?? []).flatMap(({ typeName, view }): [string, readonly string[]][] =>
            view?.kind === "table" ? [[typeName.toLowerCase(), view.columns.map((column) => column.property)]] : [],
          ),
        ),
    ),
  );
  for (const name of typeNames) {
    const found = columns.get(name.replace(/^Deserialized\./i, "").toLowerCase());
    if (found !== undefined) return found;
  }
  return undefined;
}
