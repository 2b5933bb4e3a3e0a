import { CATALOGUE, Fault, isFault, type FaultCode } from "@tieline/fault";
import { describe, expect, test } from "vitest";
import { ANSWERS, isOperation, MOST_CHECKED, readFault, readRequest, REQUESTS, writeFault, type Operation } from "./contract.ts";

const MOVE = "0a1b2c3d-0000-4000-8000-000000000001";
const USER = {
  sipAddress: "sip:ken@contoso.com",
  userPrincipalName: "ken@contoso.com",
  displayName: "Ken Myer",
  hasEnterpriseVoice: false,
  hasDialInConferencing: true,
  lineUri: "tel:+14255550100;ext=100",
  policies: { ClientPolicy: "Sales" },
};
const OPTIONS = { force: true, moveToTeams: false };

const WELL: { readonly [O in Operation]: unknown } = {
  ticket: { deployment: "contoso.local" },
  check: { direction: "to-online", users: [USER, USER], options: OPTIONS },
  import: { moveId: MOVE, user: USER, source: "pool01", proxy: "sipfed.online.lync.com", options: {}, by: "", data: { any: [1] } },
  freeze: { moveId: MOVE, user: { ...USER, lineUri: null }, target: "pool01", options: {}, by: "" },
  commit: { moveId: MOVE },
  abort: { moveId: MOVE, sipAddress: "sip:ken@contoso.com" },
};

const OPERATIONS = Object.keys(REQUESTS) as Operation[];

/** What is said of a request that cannot be read. */
function refusal(operation: Operation, value: unknown): string {
  try {
    readRequest(operation, value);
    return "read";
  } catch (error) {
    if (!isFault(error)) throw error;
    expect(error.code).toBe("hosted-request-invalid");
    return (error.fields as { reason: string }).reason;
  }
}

describe("requests", () => {
  test.each(OPERATIONS)("%s comes through the wire as it was", (operation) => {
    expect(readRequest(operation, JSON.parse(JSON.stringify(WELL[operation])))).toEqual(WELL[operation]);
  });

  test.each(OPERATIONS)("%s: with a field too many, or one too few, it is refused", (operation) => {
    const well = WELL[operation] as Record<string, unknown>;
    expect(refusal(operation, { ...well, more: 1 })).toContain("more");
    for (const name of Object.keys(well)) {
      if (name === "data") continue;
      const { [name]: _left, ...rest } = well;
      expect(refusal(operation, rest)).toContain(name);
    }
  });

  test.each([null, undefined, 0, "", "commit", true, [], [[]], () => 1])("%j is none", (value) => {
    for (const operation of OPERATIONS) expect(refusal(operation, value)).not.toBe("read");
  });

  test("each field has its own shape", () => {
    const check = (user: object): string => refusal("check", { direction: "to-online", users: [{ ...USER, ...user }], options: {} });
    for (const sipAddress of ["ken@contoso.com", "sip:ken", "sip:@", "sip:a b@c", "sip:a@b@c", "sip:a\u0000@c", "sip:a@c\n", 1, null])
      expect(check({ sipAddress })).toContain("users.0.sipAddress");
    expect(check({ sipAddress: `sip:${"a".repeat(600)}@contoso.com` })).toContain("sipAddress");
    expect(check({ displayName: "x".repeat(1025) })).toContain("displayName");
    expect(check({ hasEnterpriseVoice: "true" })).toContain("hasEnterpriseVoice");
    expect(check({ policies: { ClientPolicy: 1 } })).toContain("policies");
    expect(check({ policies: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`P${i}`, "x"])) })).toContain("policies");
    for (const moveId of ["", "1", MOVE.toUpperCase(), `{${MOVE}}`, `${MOVE}\n`, "' or 1=1 --"])
      expect(refusal("commit", { moveId })).toContain("moveId");
    expect(refusal("check", { direction: "between-pools", users: [], options: {} })).toContain("direction");
    expect(refusal("check", { direction: "to-pool", users: [], options: { drop: true } })).toContain("drop");
  });

  test("text that a database of either engine cannot keep is refused", () => {
    for (const text of ["a\u0000b", "\ud800", "a\nb", "\u001b[2J"]) {
      expect(refusal("ticket", { deployment: text })).toContain("deployment");
      expect(refusal("freeze", { ...(WELL.freeze as object), target: text })).toContain("target");
    }
    expect(refusal("ticket", { deployment: "Zoë 𝒵" })).toBe("read");
  });

  test(`${MOST_CHECKED} users are asked about at once, not more`, () => {
    const users = (count: number): unknown => ({ direction: "to-online", users: Array.from({ length: count }, () => USER), options: {} });
    expect(refusal("check", users(MOST_CHECKED))).toBe("read");
    expect(refusal("check", users(MOST_CHECKED + 1))).toContain("users");
  });

  test("what is said of an unreadable one is short, whatever it was", () => {
    const long = "x".repeat(100_000);
    expect(refusal("commit", { [long]: 1 }).length).toBeLessThan(400);
    expect(refusal("check", { direction: "to-online", users: [{ ...USER, policies: { [long]: 1 } }], options: {} }).length).toBeLessThan(
      400,
    );
  });

  test("operations are those six; what every object has is none", () => {
    expect(OPERATIONS.every(isOperation)).toBe(true);
    for (const name of ["toString", "constructor", "__proto__", "hasOwnProperty", "Commit", "commit/", ""])
      expect(isOperation(name)).toBe(false);
  });
});

describe("answers", () => {
  test("to commit says of a user who is gone; one of before, which says nothing, is read as well", () => {
    const read = (value: unknown): unknown => ANSWERS.commit.safeParse(value).data;
    for (const answer of [{ state: "done" }, { state: "done", userGone: true }]) expect(read(answer)).toEqual(answer);
    expect(read({ state: "done", more: 1 })).toEqual({ state: "done" });
    expect(read({ state: "done", userGone: "yes" })).toBeUndefined();
  });
});

describe("faults on the wire", () => {
  test("every fault of the catalogue comes out as it went in", () => {
    for (const code of Object.keys(CATALOGUE) as FaultCode[]) {
      const fields = Object.fromEntries(
        [...JSON.stringify(CATALOGUE[code]).matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, `the ${name}`]),
      );
      const fault = new Fault(code, fields as never);
      const read = readFault(JSON.parse(JSON.stringify(writeFault(fault))));
      expect([read?.code, read?.message, read?.fields]).toEqual([fault.code, fault.message, fault.fields]);
    }
  });

  test("numbers stay numbers; a cause, and what is neither text nor number, stays here", () => {
    const cause = new Error("the password is hunter2");
    const fault = new Fault("move-force-loses", { user: "sip:a@b", contacts: 3, meetings: 0, others: 1 }, { cause });
    const written = JSON.stringify(writeFault(fault));
    expect(written).not.toContain("hunter2");
    expect(readFault(JSON.parse(written))?.fields).toEqual({ user: "sip:a@b", contacts: 3, meetings: 0, others: 1 });
    const odd = new Fault("move-already-there", { user: { secret: 1 }, target: "x" } as never);
    expect(JSON.stringify(writeFault(odd).fault.fields)).toBe('{"target":"x"}');
  });

  test.each(["no-such-code", "toString", "constructor", "__proto__", "hasOwnProperty", ""])(
    "an unknown code (%s) is told by its text",
    (code) => {
      const read = readFault({ fault: { code, text: "Something of a later version.", fields: {} } });
      expect(read?.code).toBe("hosted-migration-fault");
      expect(read?.message).toContain("Something of a later version.");
    },
  );

  test.each([
    null,
    1,
    "fault",
    [],
    {},
    { fault: null },
    { fault: "x" },
    { fault: { code: 1, text: "", fields: {} } },
    { fault: { code: "move-undone", text: "x" } },
    { fault: { code: "move-undone", text: "x", fields: { user: ["a"] } } },
  ])("%j tells of none", (value) => {
    expect(readFault(value)).toBeUndefined();
  });
});
