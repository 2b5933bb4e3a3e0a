/** An address as a line of a table has room for it: without its query and the middle of a long path. */
export function shortAddress(address: string): string {
  if (!URL.canParse(address)) return address;
  const { origin, pathname } = new URL(address);
  const parts = pathname.split("/").filter((part) => part !== "");
  return [origin, ...(parts.length > 2 ? ["…", parts.at(-1)] : parts)].join("/");
}
