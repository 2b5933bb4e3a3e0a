/** Who stands behind a session, whatever mechanism found it. */
import type { Account } from "../directory/index.ts";

export interface Principal {
  account: Account;
  /** `basic`, `ntlm`, `kerberos`, `certificate`, `password` or `key` (SSH), `local` (socket). */
  mechanism: string;
}
