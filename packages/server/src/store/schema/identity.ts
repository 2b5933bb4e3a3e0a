/** Tables of step 2: signing keys, applications, grants and tokens of the authorization server, sign-in log. */

// oxlint-disable-next-line typescript/no-empty-interface
export interface IdentitySchema {}
