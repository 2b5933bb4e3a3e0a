/** An audit row for each cmdlet: who, where, what, with which arguments (never secrets), how it ended. */
import type { Invocation, InvocationEnd, InvocationHook } from "@tieline/language";
import { DateTime, PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";
import type { CmdletSession } from "../cmdlets/session.ts";

export interface AuditFacts {
  /** The shell's id. */
  session: string;
  client: string;
  nowMs: () => number;
  /** Told when a row could not be written: the log must then have it. */
  failed: (error: unknown, cmdlet: string) => void;
}

const MAX_TEXT = 500;
const MAX_ITEMS = 50;
/** An access token, as -AccessTokens takes them: a secret in the shape of a text. */
const TOKEN = /^\s*(Bearer\s+)?eyJ[\w-]+\.[\w-]+\./i;
/** Parameters whose values are secret whatever they look like. */
const SECRET = /^AccessTokens?$|Password$|Secret$/i;
/** A password in an address, where none belongs. */
const USER_INFO = /(\/\/)[^/\s@]+@/g;

export function auditHook(facts: AuditFacts): InvocationHook<CmdletSession> {
  const started = new WeakMap<object, number>();
  return {
    before(invocation: Invocation<CmdletSession>): void {
      started.set(invocation, facts.nowMs());
    },
    async after(invocation: Invocation<CmdletSession>, end: InvocationEnd): Promise<void> {
      const { session } = invocation;
      const now = facts.nowMs();
      try {
        await session.directory.tenant(session.tenantId).audit.add({
          atMs: now,
          accountId: session.caller.accountId,
          account: session.caller.userPrincipalName,
          session: facts.session,
          client: facts.client,
          cmdlet: invocation.command.name,
          parameters: Object.fromEntries(
            Object.entries(invocation.arguments).map(([name, value]) => [name, argument(name, value as PsValue)]),
          ),
          outcome: end.state === "completed" ? (end.errors > 0 ? "failed" : "done") : end.state,
          faultCode: end.error?.fullyQualifiedId ?? null,
          durationMs: Math.max(0, Math.round(now - (started.get(invocation) ?? now))),
        });
      } catch (error) {
        facts.failed(error, invocation.command.name);
      }
    },
  };
}

function argument(name: string, value: PsValue): Shown {
  const isText = typeof value === "string" || Array.isArray(value);
  return isText && SECRET.test(name) ? "***" : shown(value, 0);
}

type Shown = null | string | number | boolean | Shown[];

/** As a reader of the audit wants it: short, flat, and without anything that is secret. */
function shown(value: PsValue, depth: number): Shown {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "number") return value;
  if (value instanceof SecureString || (typeof value === "string" && TOKEN.test(value))) return "***";
  if (value instanceof DateTime) return value.toString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value))
    return depth > 2 ? `${value.length} values` : value.slice(0, MAX_ITEMS).map((item) => shown(item as PsValue, depth + 1));
  // A credential, or any object with a secret inside, shows its type and nothing of its content.
  if (value instanceof PsObject && [...value.properties()].some(([, inner]) => inner instanceof SecureString))
    return value.typeNames[0] ?? "object";
  return String(value).replaceAll(USER_INFO, "$1***@").slice(0, MAX_TEXT);
}
