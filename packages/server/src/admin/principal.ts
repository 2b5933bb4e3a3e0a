/** Who stands behind a session, whatever mechanism found it. */
import type { Account } from "../directory/index.ts";

export interface Principal {
  /** The person's; of an application that acts for itself, its name and roles in the shape of one. */
  account: Account;
  /** `basic`, `ntlm`, `kerberos`, `certificate`, `token`, `ticket` (of the web ticket service), `password` or `key` (SSH), `local` (socket). */
  mechanism: string;
  /** How the person signed in, where a token says so: `pwd`, `mfa`, ... */
  amr?: readonly string[];
  /** The application that acts for itself. */
  application?: { appId: string };
}
