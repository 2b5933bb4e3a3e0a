import type { FaultEntry } from "../entry.ts";

/** The stages of a connection, and the life of a session after it. */
export const SESSION = {
  "domain-unknown": {
    blame: "local",
    layer: "usage",
    text: "The domain to administer cannot be told from the user name '{user}'.",
    cure: "Give a user name of the form name@domain, or name the domain with --override-admin-domain.",
  },
  "domain-malformed": {
    blame: "local",
    layer: "usage",
    text: "'{domain}' is not a domain name.",
    cure: "Write the domain as in contoso.com.",
  },
  "target-malformed": {
    blame: "local",
    layer: "usage",
    text: "'{uri}' is not the address of a remote PowerShell endpoint.",
    cure: "Write it as https://host[:port]/path.",
  },
  "password-missing": {
    blame: "local",
    layer: "authentication",
    text: "No password was given for {user}.",
    cure: "Type it at the prompt, set TIELINE_PASSWORD, or name a file with --password-file.",
  },
  "basic-without-tls": {
    blame: "local",
    layer: "authentication",
    text: "Basic authentication would send the password to {host} without protection.",
    cure: "Use an https address, or --authentication negotiate.",
  },
  "tenant-not-permitted": {
    blame: "environment",
    layer: "permission",
    text: "The user '{user}' does not have permission to manage this tenant. Permissions can be granted by assigning the user to the appropriate RBAC role.",
    cure: "Ask an administrator of the tenant to assign the account an administrative role.",
    station: "session",
    causes: [
      { cause: "The account has no administrative role in this tenant.", confirm: "tieline doctor USER, check `roles`" },
      {
        cause: "The account is another tenant's: the one that the domain names is not its own.",
        confirm: "tieline doctor USER, check `token`, shows another tenant",
      },
    ],
    commands: ["tieline doctor {user}", "tieline connect {user} --override-admin-domain TENANT.onmicrosoft.com"],
    source: "Founding document 003, Diagnose connection problems with the Skype for Business Online Connector",
    wsman: { code: 5, side: "Sender", subcode: "w:AccessDenied" },
  },
  "tenant-powershell-disabled": {
    blame: "environment",
    layer: "permission",
    text: "The ability to connect to this tenant by using a remote PowerShell session has been disabled. Please contact Lync Help to check Tenant Powershell Policy of this tenant.",
    cure: "Have EnableRemotePowerShellAccess of the tenant's PowerShell policy set to True by the service's operator.",
    station: "session",
    causes: [
      {
        cause: "EnableRemotePowerShellAccess of the tenant's PowerShell policy is False.",
        confirm: "every administrator of the tenant gets the same answer",
      },
    ],
    commands: ["tieline doctor ADMIN@DOMAIN"],
    source: "Founding document 003, Diagnose connection problems with the Skype for Business Online Connector",
    wsman: { code: 5, side: "Sender", subcode: "w:AccessDenied" },
  },
  "session-lifetime-over": {
    blame: "environment",
    layer: "session",
    text: "The session has reached its lifetime of {minutes} minutes and was closed by the service.",
    why: "A service ends each session after a while, 60 minutes by default, whatever it does.",
    cure: "Connect again (without --no-reconnection the next session is opened by itself); a command that was running may or may not have had its effect.",
    station: "command",
    source: "Founding document 000, Avoiding Connection Issues with Skype for Business Online PowerShell",
  },
  "session-revoked": {
    blame: "environment",
    layer: "session",
    text: "The session was closed: an administrator changed the password or the rights of {user}.",
    cure: "Sign in again, with the new password where there is one.",
    station: "command",
  },
  "service-stopping": {
    blame: "environment",
    layer: "session",
    text: "The service is shutting down and has closed the session.",
    cure: "Connect again in a moment.",
  },
  "kept-session-unknown": {
    blame: "local",
    layer: "usage",
    text: "No session named '{name}' is kept on this machine.",
    cure: "See `tieline sessions list`; keep one with `tieline connect --keep NAME`.",
  },
  "kept-session-gone": {
    blame: "environment",
    layer: "session",
    text: "The kept session '{name}' is no longer there: the service has closed it.",
    cure: "Connect again; sessions end after their lifetime or idle time whether kept or not.",
  },
} as const satisfies Record<string, FaultEntry>;
