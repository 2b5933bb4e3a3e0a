/** Whether a credential can be had without a person, and whether a token is the right one. */
import { isFault, recognise } from "@tieline/fault";
import { reachEndpoint } from "../../connect.ts";
import type { Check } from "../examination.ts";
import { failed, ok, skipped } from "../finding.ts";
import { knownEndpoint } from "../known-endpoint.ts";
import { judgeToken } from "../judge-token.ts";

/** These say that nobody is signed in here, not that something is wrong. */
const NOBODY: readonly string[] = ["password-missing", "domain-unknown", "sign-in-needs-person", "sign-in-incomplete"];

export const token: Check = {
  name: "token",
  title: "Sign-in",
  after: ["mechanisms", "authority"],
  async run(examination) {
    const { learnt, dialler, signal, subject, wish, nowMs } = examination;
    if (learnt.targetUri === undefined) return [skipped("authentication", "The endpoint's address is not known: see discovery.")];
    if (subject.user === undefined && wish.user === undefined)
      return [
        skipped("authentication", "No account was named: whether it can sign in was not looked at.", "Run tieline doctor NAME@DOMAIN."),
      ];
    try {
      const { progress, transport } = await reachEndpoint(knownEndpoint(examination), { dialler, signal });
      const { credential } = progress;
      learnt.transport = transport;
      if (credential === undefined) return [skipped("authentication", "No credential was at hand.")];
      learnt.credential = credential;
      learnt.modernSignInOff = progress.modernSignInOff === true;
      if (credential.kind !== "token")
        return [ok("authentication", `A ${credential.kind} is at hand, and is shown to the endpoint as it is.`)];
      return [judgeToken(credential.token, { target: transport.uri, nowMs: nowMs() })];
    } catch (error) {
      // Where the authority had a word in it, that is what is wrong: a second factor, most often.
      if (isFault(error) && NOBODY.includes(error.code) && error.said === undefined)
        return [
          skipped(
            "authentication",
            "No credential is at hand without asking a person.",
            "Name one (--password-file, --sign-in), or sign in once with tieline connect.",
          ),
        ];
      const told = asTold(error);
      // What the tenant forbids is told where its policy is.
      learnt.refusal = told;
      if (isFault(told) && told.is("modern-sign-in-off")) return [skipped("authentication", "The tenant gives no tokens: see policy.")];
      return [failed(told)];
    }
  },
};

/** What the authority said in words of the catalogue is more than that it refused. */
function asTold(error: unknown): unknown {
  if (!isFault(error) || error.said === undefined) return error;
  return recognise({ text: error.said }) ?? error;
}
