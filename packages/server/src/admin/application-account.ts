/** An application that administers by itself, in the shape that sessions, quotas and the audit know. */
import type { Account, AccountId } from "../directory/index.ts";
import type { Application } from "../identity/index.ts";

export function applicationAccount({ appId, tenantId, displayName, enabled, roles }: Application): Account {
  return {
    accountId: appId as AccountId,
    tenantId,
    userPrincipalName: displayName,
    accountName: displayName,
    displayName,
    objectId: null,
    passwordHash: null,
    ntHashSealed: null,
    sshKeys: [],
    enabled,
    failedCount: 0,
    failedMs: null,
    lockedUntilMs: null,
    passwordChangedMs: null,
    mustChangePassword: false,
    tokensValidFromMs: 0,
    roles,
  };
}
