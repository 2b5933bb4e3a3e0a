import { describe, expect, test } from "vitest";
import { Shape } from "./shape.ts";

describe("shapes", () => {
  test("equal orders of names meet in one shape, other orders in another", () => {
    const root = Shape.root();
    expect(root.with("a").with("b")).toBe(root.with("a").with("b"));
    expect(root.with("a").with("b")).not.toBe(root.with("b").with("a"));
    expect(root.with("b").with("a").names).toEqual(["b", "a"]);
  });

  test("a name is found in any letter case and stands once", () => {
    const shape = Shape.of(["Name", "Age"]);
    expect(["name", "AGE", "x"].map((name) => shape.indexOf(name))).toEqual([0, 1, -1]);
    expect(shape.with("NAME")).toBe(shape);
    expect(shape.nameAt(0)).toBe("Name");
  });

  test("a branch does not see the names of the trunk beyond it", () => {
    const trunk = Shape.root().with("a");
    const long = trunk.with("b").with("c");
    const branch = trunk.with("c");
    expect(trunk.names).toEqual(["a"]);
    expect(trunk.indexOf("b")).toBe(-1);
    expect(branch.names).toEqual(["a", "c"]);
    expect(branch.indexOf("b")).toBe(-1);
    expect(long.indexOf("c")).toBe(2);
    expect(branch.indexOf("c")).toBe(1);
  });

  test("a tree forgets rather than grow without end, and goes on being right", () => {
    const root = Shape.root();
    const first = root.with("first");
    for (let i = 0; i < 25_000; i++) root.with(`name${i}`);
    expect(root.with("first")).not.toBe(first);
    expect(root.with("first").names).toEqual(["first"]);
  });

  test("an object of many names costs linear time", () => {
    const began = performance.now();
    let shape = Shape.root();
    for (let i = 0; i < 100_000; i++) shape = shape.with(`p${i}`);
    expect(shape.indexOf("P99999")).toBe(99_999);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
