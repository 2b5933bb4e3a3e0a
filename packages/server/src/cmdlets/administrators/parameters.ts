/** Parameters that mean something to Active Directory's own machines alone; taken and without effect here. */
import type { ParameterDeclarations } from "@tieline/language";

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
