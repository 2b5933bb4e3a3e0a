import { expect, test } from "vitest";
import { PsObject } from "./ps-object.ts";

test("an object inside an object lends its properties, and the outer ones hide them", () => {
  const inner = PsObject.of({ Value: "inner", Name: "inner" });
  const outer = new PsObject({ typeNames: ["T"], base: inner });
  outer.set("name", "outer");
  expect(outer.get("VALUE")).toBe("inner");
  expect(outer.get("Name")).toBe("outer");
  expect(outer.has("value")).toBe(true);
  expect(outer.has("other")).toBe(false);
  expect(inner.get("Name")).toBe("inner");
});
