/** Templates with `{field}` placeholders, in both directions. */

const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;

/** Puts the fields into the template; a missing field shows as its name in braces, so that a defect is seen and nothing fails. */
export function fill(template: string, fields: Readonly<Record<string, string | number>>): string {
  return template.replace(PLACEHOLDER, (whole, name: string) => (name in fields ? String(fields[name]) : whole));
}

/** The names of the template's fields, in order. */
export function placeholders(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), (match) => match[1] as string);
}

export interface Pattern {
  readonly names: readonly string[];
  readonly expression: RegExp;
  /** Letters outside the placeholders: the more, the surer a match. */
  readonly weight: number;
}

/** A pattern that finds the template anywhere in a longer text; fields are matched as shortly as they can be, never over a line break. */
export function compile(template: string): Pattern {
  const names = placeholders(template);
  const parts = template.split(PLACEHOLDER).filter((_, index) => index % 2 === 0);
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replace(/\s+/g, String.raw`\s+`));
  const last = template.endsWith("}");
  const source = escaped
    .map(
      (part, index) =>
        part + (index === names.length ? "" : last && index === names.length - 1 ? "([^\\r\\n]{1,500})" : "([^\\r\\n]{0,500}?)"),
    )
    .join("");
  return { names, expression: new RegExp(source, "i"), weight: parts.join("").length };
}

/** The fields of a text that follows the pattern, or undefined. */
export function read(pattern: Pattern, text: string): Record<string, string> | undefined {
  const match = pattern.expression.exec(text);
  if (match === null) return undefined;
  return Object.fromEntries(pattern.names.map((name, index) => [name, match[index + 1] ?? ""]));
}
