/** From the numbers of GSS-API and Kerberos to a fault that an administrator can act on. */
import { Fault } from "@tieline/fault";
import { showable } from "../octets.ts";
import { GssError, routineError } from "./gss-library.ts";

/** com_err's base of the table krb5; the error codes of RFC 4120 7.5.9 follow it. */
const KRB5_BASE = 0x96c73a00;

const CLIENT_REVOKED = 18;
const KEY_EXPIRED = 23;
const PREAUTH_FAILED = 24;
const TICKET_NOT_YET_VALID = 33;
const SKEW = 37;
/** Libraries whose mechanism glue renumbers minor codes leave the text. */
const SKEW_TEXT = /clock skew/i;
const PASSWORD_TEXT = /preauthentication failed|password incorrect|decrypt integrity check failed|credentials have been revoked/i;

const ROUTINE = { BAD_BINDINGS: 4, BAD_MIC: 6, DEFECTIVE_TOKEN: 9 } as const;

/**
 * A wrong password is `logon-failed`; an account that the realm does not know is not (it may be the host's own, which
 * NTLM reaches), so Negotiate goes on with its next mechanism.
 *
 * @param user whose logon it was, where the initiator gave a password
 */
export function kerberosFault(error: unknown, user?: string): Fault {
  if (!(error instanceof GssError)) throw error;
  const { major, minor, text } = error.status;
  const code = minor >>> 0 >= KRB5_BASE && minor >>> 0 < KRB5_BASE + 128 ? (minor >>> 0) - KRB5_BASE : undefined;
  const reason = showable(text);
  if (routineError(major) === ROUTINE.BAD_BINDINGS) return new Fault("channel-binding-mismatch", { what: "Kerberos" }, { cause: error });
  if (code === SKEW || code === TICKET_NOT_YET_VALID || SKEW_TEXT.test(text)) return new Fault("clock-skew", { reason }, { cause: error });
  const password = [CLIENT_REVOKED, KEY_EXPIRED, PREAUTH_FAILED].includes(code ?? -1) || PASSWORD_TEXT.test(text);
  if (user !== undefined && password) return new Fault("logon-failed", { user: showable(user) }, { cause: error });
  if (routineError(major) === ROUTINE.DEFECTIVE_TOKEN)
    return new Fault("token-malformed", { mechanism: "Kerberos", what: reason }, { cause: error });
  return new Fault("kerberos-failed", { reason }, { cause: error });
}
