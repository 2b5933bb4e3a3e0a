/** A line as an administrator types it, run through a session. */
import { structureOrThrow } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import type { Answer, Shell } from "../lab.fixture.ts";

export function typed(shell: Shell, line: string, variables: Record<string, PsValue> = {}): Promise<Answer> {
  const [pipeline = [], ...more] = structureOrThrow(line, { variables });
  if (more.length > 0) throw new Error(`more than one statement: ${line}`);
  return shell(...pipeline);
}
