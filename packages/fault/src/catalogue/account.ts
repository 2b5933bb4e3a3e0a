import type { FaultEntry } from "../entry.ts";

/**
 * The connector's sign-in: token requests, cached accounts, browsers and device codes. The texts are ours; the
 * retired connector's own of a wrong audience is `token-audience-invalid`.
 */
export const ACCOUNT = {
  "token-refused": {
    blame: "environment",
    layer: "authentication",
    text: "The authorization server {host} gave no token ({error}).",
    why: "The server's own words say what it wants.",
    cure: "Follow what the server said; where it names a code, `tieline explain` knows it.",
  },
  "token-answer-unreadable": {
    blame: "peer",
    layer: "authentication",
    text: "What {host} answered to the sign-in cannot be understood: {what}.",
    why: "Something else than an authorization server answers there (a web page, a proxy), or its answer was cut off.",
    cure: "Check what the endpoint's challenge names as its authority, and the proxy between; then sign in again.",
  },
  "authority-unusable": {
    blame: "peer",
    layer: "authentication",
    text: "The authority {authority} cannot be used: {what}.",
    cure: "Check where the endpoint's challenge points to; name the tenant with --tenant where the address has to hold one.",
  },
  "web-ticket-service-missing": {
    blame: "environment",
    layer: "authentication",
    station: "token",
    text: "{host} gives no web tickets: nothing there says which token service it trusts.",
    why: "Not every endpoint has the legacy sign-in.",
    cure: "Leave --sign-in legacy out; the password is then shown to the endpoint as it is, or becomes a token where the endpoint names an authority.",
  },
  "token-lapsed": {
    blame: "environment",
    layer: "authentication",
    text: "The access token was good until {until}; it is {now} now.",
    cure: "Get a new token, or let Tieline sign in itself (--sign-in).",
  },
  "token-early": {
    blame: "environment",
    layer: "authentication",
    text: "The access token is good only from {from} on; it is {now} now.",
    cure: "Check the clocks of this machine and of whoever made the token.",
  },
  "clock-wrong": {
    blame: "environment",
    layer: "authentication",
    text: "The clock of this machine is wrong by {minutes} minutes: it says {local}, and {host} says {remote}.",
    why: "Tokens and certificates are good for a stretch of time, and are refused by a clock that stands outside it.",
    cure: "Set the clock of this machine by a time server, then sign in again.",
  },
  "token-other-account": {
    blame: "environment",
    layer: "authentication",
    text: "The token that was given is for the account {got}; {wanted} was asked for.",
    why: "The browser, or a cached sign-in, belongs to another account.",
    cure: "Sign out in the browser or choose the right account there; `tieline account list` shows who is signed in here.",
  },
  "token-other-tenant": {
    blame: "environment",
    layer: "authentication",
    text: "The token is for the tenant {got}; the tenant {wanted} was asked for.",
    why: "The account belongs to another tenant than the one that is to be administered.",
    cure: "Sign in with an account of that tenant, or name the account's own tenant with --tenant.",
  },
  "sign-in-incomplete": {
    blame: "local",
    layer: "usage",
    text: "Signing in by {way} needs {what}.",
    cure: "Add it, or choose another way with --sign-in.",
  },
  "sign-in-needs-person": {
    blame: "environment",
    layer: "authentication",
    text: "Signing in as {user} needs a person, and nobody attends ({reason}).",
    why: "A second factor is asked of a person; a program has none.",
    cure: "For work without a person register an application and sign in with its certificate: --sign-in certificate --client-id ID --certificate-file FILE; a person can use --sign-in device-code.",
  },
  "sign-in-federated": {
    blame: "environment",
    layer: "authentication",
    text: "The password of {user} is not checked here: the domain {domain} is federated with {at}.",
    why: "Another identity provider holds the accounts of that domain.",
    cure: "Sign in with --sign-in browser or --sign-in device-code: the authority leads on to that provider.",
    http: 401,
  },
  "browser-not-finished": {
    blame: "environment",
    layer: "authentication",
    text: "The browser did not come back within {minutes} minutes.",
    why: "The page was closed, or stands in a browser on another machine.",
    cure: "Sign in again and finish the page, or use --sign-in device-code, which works with a browser anywhere.",
  },
  "browser-cannot-return": {
    blame: "environment",
    layer: "authentication",
    text: "No browser can come back to this machine ({reason}).",
    cure: "Use --sign-in device-code: a browser on any machine will do.",
  },
  "device-code-lapsed": {
    blame: "environment",
    layer: "authentication",
    text: "Nobody entered the code {userCode} in time.",
    why: "A device code is good for a quarter of an hour.",
    cure: "Sign in again, open the address that is shown and type the code there.",
  },
  "sign-in-declined": {
    blame: "environment",
    layer: "authentication",
    text: "The sign-in was declined in the browser.",
    cure: "Sign in again and choose to continue; if you did not decline, tell whoever watches over sign-ins.",
  },
  "account-unknown": {
    blame: "local",
    layer: "usage",
    text: "No account {account} is signed in here (there is {known}).",
    cure: "List the accounts with `tieline account list`, or sign in with `tieline connect`.",
  },
  "account-ambiguous": {
    blame: "local",
    layer: "usage",
    text: "Several signed-in accounts answer to {account}: {known}.",
    cure: "Add the tenant with --tenant.",
  },
  "token-cache-sealed": {
    blame: "environment",
    layer: "authentication",
    text: "The token cache {path} does not open: {reason}.",
    why: "The passphrase, the key file or the keyring is another one than the cache was written with, or the file is damaged.",
    cure: "Give the right passphrase (TIELINE_CACHE_PASSPHRASE) or key file (TIELINE_CACHE_KEY_FILE), or start anew with `tieline account remove --all`.",
  },
  "token-cache-unsafe": {
    blame: "environment",
    layer: "input",
    text: "The token cache is not used: {what}.",
    why: "Tokens open the tenant to whoever reads them.",
    cure: "Keep the key file in another folder than the cache, and let nobody but you read either (chmod 600).",
  },
  "token-cache-busy": {
    blame: "environment",
    layer: "session",
    text: "The token cache {path} stayed locked for {seconds} s.",
    why: "Another command is signing in, or was stopped at the wrong moment.",
    cure: "Wait until it is done; if none runs, remove the lock file {path}.lock.",
  },
} as const satisfies Record<string, FaultEntry>;
