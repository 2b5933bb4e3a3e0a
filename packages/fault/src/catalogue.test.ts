import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { CATALOGUE, type FaultCode } from "./catalogue.ts";
import type { FaultEntry } from "./entry.ts";
import { Fault, isFault } from "./fault.ts";
import { recognise } from "./recognise.ts";
import { render } from "./render.ts";
import { compile, fill, placeholders } from "./template.ts";

const ENTRIES = Object.entries(CATALOGUE) as [FaultCode, FaultEntry][];

function sample(entry: FaultEntry): Record<string, string> {
  const names = [entry.text, entry.why ?? "", entry.cure, ...(entry.also ?? [])].flatMap(placeholders);
  return Object.fromEntries(names.map((name, i) => [name, `${name}-${i}`]));
}

function make(code: FaultCode, fields: Record<string, string>): Fault {
  return new (Fault as unknown as new (code: FaultCode, fields: Record<string, string>) => Fault)(code, fields);
}

test.each(ENTRIES)("%s: what is rendered is recognised again, with its fields", (code, entry) => {
  const fields = sample(entry);
  const fault = make(code, fields);
  expect(fault.message).not.toMatch(/\{[a-zA-Z]+\}/);
  expect(fault.cure).not.toMatch(/\{[a-zA-Z]+\}/);
  const rendered = render(fault);
  for (const [i, template] of [entry.text, ...(entry.also ?? [])].entries()) {
    if (compile(template).weight < 12) continue;
    const back = recognise({
      text: `New-PSSession : [host] said: ${fill(template, fields)}`,
      wsmanCode: rendered.wsman.code,
      subcode: rendered.wsman.subcode,
    });
    expect(`${i} ${back?.code}`).toBe(`${i} ${code}`);
    for (const name of placeholders(template)) expect(back?.fields).toHaveProperty(name, fields[name]);
  }
});

test.each(ENTRIES)("%s: says what happened and what to do, in whole sentences", (_code, entry) => {
  for (const text of [entry.text, entry.cure, ...(entry.why === undefined ? [] : [entry.why])]) {
    expect(text.length).toBeGreaterThan(0);
    if (!text.endsWith("}")) expect(text).toMatch(/[.:)'"]$/);
  }
});

test.each(ENTRIES.filter(([, entry]) => entry.wsman !== undefined))(
  "%s: code and subcode fit the side that stock clients accept",
  (_code, entry) => {
    const receiver = ["w:TimedOut", "w:InternalError"].includes(entry.wsman?.subcode ?? "");
    expect(entry.wsman?.side).toBe(receiver ? "Receiver" : "Sender");
  },
);

test("a number alone is recognised, a text wins over a number", () => {
  expect(recognise({ wsmanCode: 2150859173 })?.code).toBe("shell-quota-user");
  expect(
    recognise({
      text: "The maximum number of concurrent shells for this tenant has been exceeded. Close existing shells or raise the quota for this tenant.",
      wsmanCode: 2150859173,
    })?.code,
  ).not.toBe("shell-quota-user");
  expect(recognise({ text: "Something else", wsmanCode: 4711 })).toBeUndefined();
});

test("a code stands in one table only", async () => {
  const tables = await Promise.all(
    readdirSync(new URL("./catalogue/", import.meta.url)).map(async (name) =>
      Object.values((await import(`./catalogue/${name.replace(".ts", "")}.ts`)) as Record<string, object>).flatMap(Object.keys),
    ),
  );
  const codes = tables.flat();
  expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
  expect(codes.length).toBe(ENTRIES.length);
});

test("a fault narrows, carries cause and fields, and its JSON holds neither stack nor cause", () => {
  const fault = new Fault("connection-refused", { host: "h", port: 1 }, { cause: new Error("secret place") });
  expect(isFault(fault) && fault.is("connection-refused") && fault.fields.host).toBe("h");
  expect(JSON.stringify(fault)).not.toContain("secret place");
  expect(fault.toJSON()).toMatchObject({ code: "connection-refused", layer: "network", blame: "environment" });
});

test("recognising a hostile text of a megabyte is linear", () => {
  const started = performance.now();
  recognise({ text: "The maximum number of concurrent ".repeat(30_000) });
  recognise({ text: " ".repeat(1_000_000) });
  expect(performance.now() - started).toBeLessThan(20_000);
});
