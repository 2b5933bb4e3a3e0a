/**
 * The arguments of a command as they were given, brought into one form.
 *
 * A name may come bare (`Identity`, from an API), as a token with dash and colon (`-Identity:`, from a proxy) or with the
 * dash alone (`-Identity`); then it carries no value of its own if that is `$null`, and the next argument without a
 * name is its value. That is how PowerShell's clients send what was typed.
 */
import { ScriptBlock, type PsValue } from "@tieline/remoting/objects";

/** An argument as CREATE_PIPELINE has it: a name, a value, or both. */
export interface GivenArgument {
  readonly name?: string | null | undefined;
  readonly value?: PsValue | undefined;
}

export interface Argument {
  /** Without dash and colon; undefined for a positional one. */
  readonly name: string | undefined;
  /** undefined where a name came without a value. */
  readonly value: PsValue | undefined;
}

const DASHES = /^[-\u2013\u2014\u2015]/;

export function readArguments(given: readonly GivenArgument[]): Argument[] {
  return given.map(({ name, value = null }) => {
    // A script block never runs here: it is its text, as it is at PowerShell's own endpoints after its way over the wire.
    const plain = value instanceof ScriptBlock ? value.text : value;
    if (name === undefined || name === null) return { name: undefined, value: plain };
    if (!DASHES.test(name)) return { name, value: plain };
    const token = name.trimEnd();
    const colon = token.endsWith(":");
    return { name: token.slice(1, colon ? -1 : undefined), value: colon || plain !== null ? plain : undefined };
  });
}
