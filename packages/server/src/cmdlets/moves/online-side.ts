/** The other site of a move, as the parameters of Move-CsUser name it; opened once for a session, however many users it moves. */
import { Fault } from "@tieline/fault";
import type { ParameterDeclaration } from "@tieline/language";
import type { PsObject } from "@tieline/remoting/objects";
import { SecureString } from "@tieline/remoting/objects";
import type { HostedAuthentication, HostedPlace, HostedSession } from "../../migration/index.ts";
import type { CmdletSession } from "../session.ts";

export const SIGN_IN = {
  Credential: {
    type: "pscredential",
    help: "An administrator of the tenant, by password (legacy). Refused for accounts with a second factor.",
  },
  AccessTokens: { type: "string[]", help: "Access tokens for the hosted migration service, had at the client." },
  HostedMigrationOverrideUrl: {
    type: "string",
    help: "The address of the hosted migration service, its host, or the tenant's identity; without it, it is discovered once.",
  },
} as const satisfies Readonly<Record<string, ParameterDeclaration>>;

export interface OnlineSide {
  Credential?: PsObject | null | undefined;
  AccessTokens?: readonly string[] | null | undefined;
  TenantAdminUserName?: string | null | undefined;
  UseOAuth?: boolean | undefined;
  HostedMigrationOverrideUrl?: string | null | undefined;
}

interface Opened {
  key: string;
  session: Promise<HostedSession>;
}

const OPENED = new WeakMap<CmdletSession, Opened>();

/**
 * @throws Fault `move-oauth-remote`, `move-no-migration`, and those of opening
 */
export async function onlineSide(session: CmdletSession, side: OnlineSide): Promise<HostedSession> {
  const { migration } = session;
  if (migration === undefined) throw new Fault("move-no-migration");
  const authentication = authenticationOf(session, side);
  const place = placeOf(side);
  const key = JSON.stringify([place, authentication]);
  const before = OPENED.get(session);
  if (before?.key === key) {
    const known = await before.session;
    if (known.endsMs === undefined || known.endsMs > session.nowMs()) return known;
  }
  void before?.session.then((each) => each[Symbol.asyncDispose]()).catch(() => undefined);
  const opened = migration.openHosted(place, authentication);
  const entry = { key, session: opened };
  OPENED.set(session, entry);
  // Another may have been opened meanwhile.
  opened.catch(() => OPENED.get(session) === entry && OPENED.delete(session));
  return opened;
}

function placeOf({ HostedMigrationOverrideUrl: url, TenantAdminUserName: user, Credential }: OnlineSide): HostedPlace {
  const name = user ?? (Credential == null ? undefined : String(Credential.get("UserName") ?? ""));
  const adminDomain = name?.includes("@") === true ? name.split("@")[1] : undefined;
  return {
    ...(url === undefined || url === null || url.trim() === "" ? {} : { url }),
    ...(adminDomain === undefined ? {} : { adminDomain }),
  };
}

/** undefined: the deployment's own application. */
export function authenticationOf(session: CmdletSession, side: OnlineSide): HostedAuthentication | undefined {
  const token = side.AccessTokens?.find((each) => each.trim() !== "");
  if (token !== undefined) return { kind: "token", token: token.trim().replace(/^bearer\s+/i, "") };
  if (side.Credential !== undefined && side.Credential !== null) {
    const user = String(side.Credential.get("UserName") ?? "").replace(/^\\/, "");
    const password = side.Credential.get("Password");
    return { kind: "credential", user, password: password instanceof SecureString ? password.reveal() : "" };
  }
  if (side.UseOAuth === true || (side.TenantAdminUserName ?? "") !== "")
    throw new Fault("move-oauth-remote", { computer: session.computer ?? "the server" });
  return undefined;
}
