/**
 * What the two sites say to each other about moves: JSON over HTTPS, one POST an operation. The vendor's contract was
 * never public; this one is ours (docs/hosted-migration.md), at the vendor's address.
 *
 *     POST .../HostedMigration/hostedmigrationservice.svc/<operation>
 *     Authorization: Bearer <access token for that address>      check, ticket, import, freeze
 *     Authorization: Ticket <ticket>                             commit, abort
 *
 * Refusals come as { fault: { code, text, fields } } with the fault's HTTP status, 409 where it has none.
 */
import { Fault, render } from "@tieline/fault";
import { z } from "zod";
import { faultOf } from "../moves/finding.ts";
import { USER_DATA_LIMITS } from "../user-data/index.ts";

/** In the vendor's spelling; compared without regard to letter case. */
export { HOSTED_MIGRATION_PATH as SERVICE_PATH } from "@tieline/discovery";

/** Users that are asked about at once. */
export const MOST_CHECKED = 500;
/** The largest request: a user with the longest lists that there may be. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** What is looked at, or kept inside JSON. */
const Any = z.string().max(1024);
/** What is kept as it is, by databases of both engines. */
const Text = z
  .string()
  .max(1024)
  .refine((value) => !/[\u0000-\u001f\u007f]/.test(value) && value.isWellFormed(), "it holds characters that cannot be kept");
const Guid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
/** `sip:` and somebody at a domain, without white space and what nobody sees; 512 characters at most. */
export const SIP_ADDRESS = /^(?=.{1,512}$)sip:[^\s@\p{C}]+@[^\s@\p{C}]+$/iu;
const SipAddress = z.string().regex(SIP_ADDRESS);

const User = z.strictObject({
  sipAddress: SipAddress,
  userPrincipalName: Any,
  displayName: Any,
  hasEnterpriseVoice: z.boolean(),
  hasDialInConferencing: z.boolean(),
  lineUri: Any.nullable(),
  policies: z
    .record(Any, Any)
    .refine((policies) => Object.keys(policies).length <= USER_DATA_LIMITS.policies, `they are more than ${USER_DATA_LIMITS.policies}`)
    .optional(),
});

const Options = z.strictObject({
  force: z.boolean().optional(),
  bypassAudioConferencingCheck: z.boolean().optional(),
  bypassEnterpriseVoiceCheck: z.boolean().optional(),
  moveToTeams: z.boolean().optional(),
  moveConferenceData: z.boolean().optional(),
});

const Direction = z.enum(["to-online", "to-pool"]);

/** How much of a wrong request is said again. */
const SHOWN = 150;

/** What each operation takes. */
export const REQUESTS = {
  /** Signs in for a run: what its moves can be settled with later. */
  ticket: z.strictObject({ deployment: Text }),
  check: z.strictObject({ direction: Direction, users: z.array(User).max(MOST_CHECKED), options: Options }),
  /** A user comes here, with everything. `data`: as user-data reads it. */
  import: z.strictObject({ moveId: Guid, user: User, source: Text, proxy: Text, options: Options, by: Text, data: z.unknown() }),
  /** A user leaves: nobody serves it from now on; the answer has everything. */
  freeze: z.strictObject({ moveId: Guid, user: User, target: Text, options: Options, by: Text }),
  commit: z.strictObject({ moveId: Guid }),
  abort: z.strictObject({ moveId: Guid, sipAddress: SipAddress }),
} as const;

export type Operation = keyof typeof REQUESTS;
export type RequestOf<O extends Operation> = z.infer<(typeof REQUESTS)[O]>;

/** Operations that a ticket opens; all others want a token. */
export const SETTLING: readonly Operation[] = ["commit", "abort"];

export function isOperation(name: string): name is Operation {
  return Object.hasOwn(REQUESTS, name);
}

/** @throws Fault `hosted-request-invalid` */
export function readRequest<O extends Operation>(operation: O, value: unknown): RequestOf<O> {
  const parsed = REQUESTS[operation].safeParse(value);
  if (parsed.success) return parsed.data as RequestOf<O>;
  const [issue] = parsed.error.issues;
  const [path, message] = [issue?.path.map(String).join(".") || "the whole", issue?.message ?? "unreadable"];
  throw new Fault("hosted-request-invalid", { reason: `${path.slice(0, SHOWN)}: ${message.slice(0, SHOWN)}` });
}

const Finding = z.object({
  severity: z.enum(["error", "warning"]),
  code: z.string(),
  fields: z.record(z.string(), z.union([z.string(), z.number()])),
  text: z.string(),
  cure: z.string(),
});

const Imported = z.object({
  /** SHA-256 over what is stored now. */
  digest: z.string(),
  leftPolicies: z.array(z.string()),
  teamsUpgradeMode: z.string().nullable(),
});

/** What each operation answers. */
export const ANSWERS = {
  ticket: z.object({ ticket: z.string(), tenantId: Guid, organization: z.string() }),
  check: z.object({ findings: z.array(z.array(Finding)) }),
  import: Imported,
  freeze: z.object({ data: z.unknown(), digest: z.string() }),
  /** `userGone`: it is decided, but the tenant's user was deleted meanwhile. A service of before does not say. */
  commit: z.object({ state: z.string(), userGone: z.boolean().optional() }),
  abort: z.object({ state: z.string() }),
} as const;

export type AnswerOf<O extends Operation> = z.infer<(typeof ANSWERS)[O]>;

const WrittenFault = z.object({ code: z.string(), text: z.string(), fields: z.record(z.string(), z.union([z.string(), z.number()])) });

/** What of a fault the other site may read: never its cause. */
export function writeFault(fault: Fault): { fault: z.infer<typeof WrittenFault> } {
  const fields = Object.fromEntries(
    Object.entries(fault.fields as Record<string, unknown>).filter(
      (entry): entry is [string, string | number] => typeof entry[1] === "string" || typeof entry[1] === "number",
    ),
  );
  return { fault: { code: fault.code, text: render(fault).text, fields } };
}

/** The fault that an answer tells of; undefined where it tells of none that is known here. */
export function readFault(value: unknown): Fault | undefined {
  const parsed = z.object({ fault: WrittenFault }).safeParse(value);
  if (!parsed.success) return undefined;
  return faultOf(parsed.data.fault);
}
