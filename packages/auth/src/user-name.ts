/** The ways in which administrators write a user's name. */

/**
 * `CONTOSO\alice` as domain and user; a user principal name `alice@contoso.com` and a bare name stay whole, with an
 * empty domain, which is how Windows puts them into NTLM.
 */
export function splitUserName(name: string): { user: string; domain: string } {
  const slash = name.indexOf("\\");
  return slash < 0 ? { user: name, domain: "" } : { user: name.slice(slash + 1), domain: name.slice(0, slash) };
}
