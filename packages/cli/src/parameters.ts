/**
 * `tieline invoke Get-CsOnlineUser -Identity alice -ResultSize 5`: a cmdlet's parameters as a shell hands them over.
 *
 * A word that begins with a dash and a letter names a parameter; what follows is its value, or nothing for a switch.
 * `-Name:value` is one word. A parameter named twice becomes an array. `$true`, `$false` and `$null` are what they are
 * in PowerShell; every other value travels as text, and the cmdlet's declaration converts it.
 */
import type { PsValue } from "@tieline/remoting/objects";

export interface CommandParameter {
  /** Without dash; undefined for a value by position. */
  name: string | undefined;
  value: PsValue;
}

const NAME = /^[-\u2013\u2014\u2015]([A-Za-z_][A-Za-z0-9_]*)(:)?([^]*)$/;

export function parseParameters(words: readonly string[]): CommandParameter[] {
  const found: CommandParameter[] = [];
  let open: string | undefined;
  const add = (name: string | undefined, value: PsValue): void => {
    const same = name === undefined ? undefined : found.find((p) => p.name?.toLowerCase() === name.toLowerCase());
    if (same === undefined) found.push({ name, value });
    else same.value = [...(Array.isArray(same.value) ? (same.value as PsValue[]) : [same.value]), value];
  };
  for (const word of words) {
    const match = NAME.exec(word);
    const colon = match?.[2] === ":";
    if (match === null || (!colon && match[3] !== "")) {
      add(open, literal(word));
      open = undefined;
      continue;
    }
    if (open !== undefined) add(open, true);
    open = match[1];
    if (colon && match[3] !== "") {
      add(open, literal(match[3] as string));
      open = undefined;
    }
  }
  if (open !== undefined) add(open, true);
  return found;
}

function literal(word: string): PsValue {
  switch (word.toLowerCase()) {
    case "$true":
      return true;
    case "$false":
      return false;
    case "$null":
      return null;
    default:
      return word;
  }
}
