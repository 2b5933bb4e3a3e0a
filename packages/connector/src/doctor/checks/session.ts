/** Whether a session opens; what refuses it is told by the check whose matter it is. */
import { isFault } from "@tieline/fault";
import { PsObject } from "@tieline/remoting";
import { openConnection } from "../../connect.ts";
import type { Check, Examination } from "../examination.ts";
import { failed, ok, skipped } from "../finding.ts";
import { knownEndpoint } from "../known-endpoint.ts";

/** Refusals that other checks tell, with what they know beside. */
export const TOLD_ELSEWHERE: Readonly<Record<string, string>> = {
  "shell-quota-user": "quota",
  "shell-quota-tenant": "quota",
  "tenant-not-permitted": "roles",
  "tenant-powershell-disabled": "policy",
  "modern-sign-in-off": "policy",
};

export const session: Check = {
  name: "session",
  title: "Session",
  after: ["token", "identify"],
  async run(examination) {
    const { learnt, now } = examination;
    if (learnt.transport === undefined) return [skipped("session", "Without a credential no session is opened.")];
    const startedMs = now();
    try {
      const opened = await open(examination);
      learnt.session = opened;
      return [ok("session", `A session opened in ${Math.round(now() - startedMs)} ms, and was closed again.`)];
    } catch (error) {
      learnt.refusal = error;
      const told = isFault(error) ? TOLD_ELSEWHERE[error.code] : undefined;
      return [told === undefined ? failed(error) : skipped("session", `The endpoint refused the session: see ${told}.`)];
    }
  },
};

async function open(examination: Examination): Promise<NonNullable<Examination["learnt"]["session"]>> {
  const { dialler, signal } = examination;
  const { session: opened } = await openConnection(knownEndpoint(examination), { dialler, signal });
  try {
    const commands = (await opened.commandMetadata(null, { signal })).length;
    const modernAuthentication = await overrideOf(opened);
    return { commands, ...(modernAuthentication === undefined ? {} : { modernAuthentication }) };
  } finally {
    await opened.close();
  }
}

/** `NoOverride`, `Allowed` or `Disallowed`; undefined where the account may not see it. */
async function overrideOf(opened: Awaited<ReturnType<typeof openConnection>>["session"]): Promise<string | undefined> {
  try {
    for await (const value of opened.invoke("Get-CsOAuthConfiguration")) {
      const override = value instanceof PsObject ? value.get("ClientAdalAuthOverride") : undefined;
      // An enum shows what it prints.
      return override instanceof PsObject ? override.text : typeof override === "string" ? override : undefined;
    }
  } catch {
    // Not every account, and not every endpoint, has the cmdlet; the check says then that it is not known.
  }
  return undefined;
}
