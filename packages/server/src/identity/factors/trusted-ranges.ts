/** Address ranges (CIDR, RFC 4632 and RFC 4291 2.3) from which a tenant asks for no second factor. */
import { BlockList, isIP } from "node:net";

export const MAX_RANGES = 50;

interface Range {
  address: string;
  prefix: number;
  family: "ipv4" | "ipv6";
}

/** Undefined for a text that is no range. An address alone is a range of one; `/0` would trust everybody and is none. */
export function parseRange(text: string): Range | undefined {
  const [, address = "", prefix] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  const length = prefix === undefined ? longest : Number(prefix);
  if (length < 1 || length > longest) return undefined;
  return { address, prefix: length, family: version === 4 ? "ipv4" : "ipv6" };
}

/** One spelling for one range: lower case, with its prefix. */
export function rangeText(range: Range): string {
  return `${range.address.toLowerCase()}/${range.prefix}`;
}

/** True where the address lies in one of the ranges; `::ffff:192.0.2.1` is the IPv4 address that it maps. */
export function isTrusted(ranges: readonly string[], address: string): boolean {
  const plain = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  const version = isIP(plain);
  if (version === 0 || ranges.length === 0) return false;
  const list = new BlockList();
  for (const text of ranges) {
    const range = parseRange(text);
    if (range !== undefined) list.addSubnet(range.address, range.prefix, range.family);
  }
  return list.check(plain, version === 4 ? "ipv4" : "ipv6");
}
