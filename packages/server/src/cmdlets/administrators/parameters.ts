/** What the cmdlets of Active Directory share: the type of a password, and parameters that mean something to its own machines alone. */
import type { ParameterDeclarations, ParameterType } from "@tieline/language";
import type { SecureString } from "@tieline/remoting/objects";
import { PASSWORD } from "../accounts/parameters.ts";

/** A SecureString; OURS, a text as well, for clients that have no other way to write one. No record shows either. */
export const AD_PASSWORD: ParameterType<SecureString> = { ...PASSWORD, name: "System.Security.SecureString", shown: "securestring" };

/** Taken and without effect here. */
export const ELSEWHERE = {
  Server: {
    type: "string",
    help: "The domain controller to ask. The deployment's own directory is always asked: it is taken and changes nothing.",
  },
  Credential: {
    type: "pscredential",
    help: "Another account for the directory. The session's own account is always used: it is taken and changes nothing.",
  },
} as const satisfies ParameterDeclarations;
