/** The warning with which a service tells that it has delayed a cmdlet: read into its parts. Pure. */
export interface MicroDelay {
  /** Milliseconds that the cmdlet was, or is being, delayed. */
  actualMs: number;
  enforced: boolean;
  cappedMs: number;
  required: boolean;
  /** The dump behind it, by name: `Balance` is `-1608289/2160000/-3000000`, for one. */
  budget: Readonly<Record<string, string>>;
}

const WARNING =
  /Micro delay applied\.\s*Actual delayed:\s*(\d{1,9}) msecs,\s*Enforced:\s*(True|False),\s*Capped delay:\s*(\d{1,9}) msecs,\s*Required:\s*(True|False),\s*Additional info:\s*([\s\S]*)$/i;

/** Undefined for any other warning. */
export function recogniseMicroDelay(text: string): MicroDelay | undefined {
  const [, actual, enforced, capped, required, info] = WARNING.exec(text.slice(0, 8192)) ?? [];
  if (actual === undefined || capped === undefined) return undefined;
  // Names are single words and no value holds a semicolon; a directory's name holds commas.
  const budget = (info ?? "").split(";").flatMap((part): [string, string][] => {
    const [, name, value] = /^\s*(\w+):\s*(\S[^]*?)\s*$/.exec(part) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  return {
    actualMs: Number(actual),
    enforced: /^true$/i.test(enforced ?? ""),
    cappedMs: Number(capped),
    required: /^true$/i.test(required ?? ""),
    budget: Object.fromEntries(budget),
  };
}
