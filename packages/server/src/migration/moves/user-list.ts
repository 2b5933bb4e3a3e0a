/** Users named in a file's text or a parameter, as Move-CsUser -UserList takes them: `sip:u1@contoso.com,sip:u2@contoso.com`. */

/** One entry a name, without what separates them; blank ones are left out. */
export function namesInList(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/[,;\r\n]+/)
    .map((name) => name.trim().replace(/^["']|["']$/g, ""))
    .filter((name) => name !== "");
}
