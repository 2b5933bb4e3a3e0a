import { expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { NameMap } from "./name-map.ts";

test.each([
  ["a.test:443:127.0.0.1:8443", { host: "A.test", port: 443 }, { host: "127.0.0.1", port: 8443 }],
  ["a.test:443:127.0.0.1:8443", { host: "a.test", port: 80 }, { host: "a.test", port: 80 }],
  ["a.test::127.0.0.1:8443", { host: "a.test.", port: 80 }, { host: "127.0.0.1", port: 8443 }],
  ["::127.0.0.1:", { host: "b.test", port: 80 }, { host: "127.0.0.1", port: 80 }],
  ["[::1]:80:[fe80::1]:81", { host: "::1", port: 80 }, { host: "fe80::1", port: 81 }],
])("%s sends %j to %j", (entry, from, to) => {
  expect(NameMap.of([entry]).find(from)).toEqual(to);
});

test("the first entry that fits wins, over joined maps too", () => {
  const map = NameMap.join(NameMap.of(["a:1:x:1"]), NameMap.of(["a:1:y:1", "b:1:z:1"]));
  expect([map.find({ host: "a", port: 1 }).host, map.find({ host: "b", port: 1 }).host]).toEqual(["x", "z"]);
  expect(map.toJSON()).toEqual(["a:1:x:1", "a:1:y:1", "b:1:z:1"]);
});

test.each(["", "a", "a:b:c:d", "a:1:b:99999", "a:1:b", "::1:80:x:1"])("%j is refused as usage", (entry) => {
  try {
    NameMap.of([entry]);
    expect.unreachable();
  } catch (error) {
    expect(isFault(error) && error.code).toBe("usage");
  }
});
