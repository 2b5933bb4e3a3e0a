/** Colours, on a terminal only, never under NO_COLOR. */
export interface Style {
  error: (text: string) => string;
  warning: (text: string) => string;
  good: (text: string) => string;
  strong: (text: string) => string;
  dim: (text: string) => string;
}

export function styleFor(stream: { isTTY?: boolean }, environment: Readonly<Record<string, string | undefined>>): Style {
  const on = stream.isTTY === true && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  const paint =
    (code: number) =>
    (text: string): string =>
      on ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { error: paint(31), warning: paint(33), good: paint(32), strong: paint(1), dim: paint(2) };
}
