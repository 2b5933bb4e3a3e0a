/**
 * Get- and Set-TielineSignInPolicy: what wrong passwords lead to, and whether programs may send a password for a token. OURS: the
 * vendor has no cmdlets for it.
 */
import type { Cmdlet } from "@tieline/language";
import { PsObject, TimeSpan } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import { DEFAULT_SIGN_IN } from "../../identity/index.ts";
import { cmdlet, identityOf } from "../session.ts";

const POLICY = "Tieline.SignInPolicy";
const COLUMNS = ["LockoutThreshold", "LockoutDuration", "LockoutWindow", "AllowPasswordGrant"];

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** From a minute to a day. */
const SPAN = {
  check: (value: unknown): string | undefined => {
    const ms = value instanceof TimeSpan ? value.toMilliseconds() : 0;
    return ms >= MINUTE_MS && ms <= DAY_MS ? undefined : "The time must be from a minute to a day.";
  },
};

export const getTielineSignInPolicy: Cmdlet = cmdlet({
  name: "Get-TielineSignInPolicy",
  synopsis: "Shows what wrong passwords lead to, and whether programs may send passwords.",
  description:
    "A cmdlet of Tieline's own. When passwords lapse is shown by Get-MsolPasswordPolicy, modern sign-in by Get-CsOAuthConfiguration.",
  examples: [
    { code: "Get-TielineSignInPolicy", remarks: "Shows the policy of the tenant." },
    {
      code: "Get-TielineSignInPolicy | Select-Object LockoutThreshold",
      remarks: "Shows after how many wrong passwords an account is locked.",
    },
  ],
  related: ["Set-TielineSignInPolicy", "Get-MsolPasswordPolicy", "Get-CsOAuthConfiguration"],
  roles: rolesFor("Get-TielineSignInPolicy", "online"),
  output: [{ typeName: POLICY, view: { kind: "list", columns: COLUMNS.map((property) => ({ property })) } }],
  parameters: {},
  async process(_, context) {
    const { lockout, legacy } = await identityOf(context).settings(context.session.tenantId).get();
    const object = new PsObject({ typeNames: [POLICY, "System.Object"] });
    object.set("LockoutThreshold", lockout.failures, "adapted");
    object.set("LockoutDuration", TimeSpan.fromMilliseconds(lockout.lockMs), "adapted");
    object.set("LockoutWindow", TimeSpan.fromMilliseconds(lockout.windowMs), "adapted");
    object.set("AllowPasswordGrant", legacy, "adapted");
    await context.write(object);
  },
});

export const setTielineSignInPolicy: Cmdlet = cmdlet({
  name: "Set-TielineSignInPolicy",
  synopsis: "Says what wrong passwords lead to, and whether programs may send passwords.",
  description:
    "A cmdlet of Tieline's own. Changes what is given. Programs that send a password for a token cannot show a second factor, so that they are let in for accounts without one only; applications with a certificate are the better way.",
  examples: [
    {
      code: "Set-TielineSignInPolicy -LockoutThreshold 5 -LockoutDuration 00:30:00",
      remarks: "Locks an account for half an hour after five wrong passwords.",
    },
    { code: "Set-TielineSignInPolicy -AllowPasswordGrant $false", remarks: "Lets no program send a password for a token." },
  ],
  related: ["Get-TielineSignInPolicy", "Set-MsolPasswordPolicy"],
  roles: rolesFor("Set-TielineSignInPolicy", "online"),
  supportsShouldProcess: true,
  parameters: {
    LockoutThreshold: {
      type: "int",
      validate: { range: [3, 100] },
      default: String(DEFAULT_SIGN_IN.lockout.failures),
      help: "So many wrong passwords in a row lock an account, from 3 to 100.",
    },
    LockoutDuration: { type: "timespan", validate: SPAN, default: "00:15:00", help: "How long it is locked: a minute to a day." },
    LockoutWindow: {
      type: "timespan",
      validate: SPAN,
      default: "00:15:00",
      help: "After so long a wrong password is forgotten: a minute to a day.",
    },
    AllowPasswordGrant: { type: "bool", default: "$false", help: "Whether programs may send a password for a token." },
  },
  async process(args, context) {
    const { session } = context;
    const settings = identityOf(context).settings(session.tenantId);
    if (!(await context.shouldProcess("the tenant"))) return;
    const { lockout } = await settings.get();
    await settings.set(
      {
        lockout: {
          failures: args.LockoutThreshold ?? lockout.failures,
          lockMs: args.LockoutDuration?.toMilliseconds() ?? lockout.lockMs,
          windowMs: args.LockoutWindow?.toMilliseconds() ?? lockout.windowMs,
        },
        ...(args.AllowPasswordGrant === undefined ? {} : { legacy: args.AllowPasswordGrant }),
      },
      session.nowMs(),
    );
  },
});
