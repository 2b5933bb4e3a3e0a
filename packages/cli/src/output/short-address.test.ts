import { expect, test } from "vitest";
import { shortAddress } from "./short-address.ts";

test.each([
  ["http://lyncdiscover.contoso.com/?Domain=contoso.com", "http://lyncdiscover.contoso.com"],
  ["https://a.test/OcsPowershell", "https://a.test/OcsPowershell"],
  ["https://a.test:8443/Autodiscover/AutodiscoverService.svc/root/domain?x=1", "https://a.test:8443/…/domain"],
  ["no address", "no address"],
])("%s is shown as %s", (address, short) => {
  expect(shortAddress(address)).toBe(short);
});
