import type { Wish } from "../stage.ts";
import type { Examination } from "./examination.ts";

/** The wish with what discovery has found already, so that the stages need not walk again. */
export function knownEndpoint({ wish, subject, learnt }: Examination): Wish {
  const domain = wish.overrideAdminDomain ?? subject.domain;
  return {
    ...wish,
    ...(learnt.targetUri === undefined ? {} : { targetUri: learnt.targetUri.href }),
    // With an address that was given, the endpoint knows the account's own domain.
    ...(domain === undefined || (subject.targetUri !== undefined && wish.overrideAdminDomain === undefined)
      ? {}
      : { overrideAdminDomain: domain }),
  };
}
