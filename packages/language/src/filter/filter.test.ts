import { isFault } from "@tieline/fault";
import { DateTime, Guid, PsObject, TimeSpan, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { compileFilter } from "./compile.ts";
import { filterProperties } from "./filter.ts";
import { parseFilter } from "./parse.ts";

const alice = PsObject.of({
  DisplayName: "Alice Adams",
  SipAddress: "sip:alice@contoso.com",
  Enabled: true,
  Count: 7,
  Big: 5_000_000_000n,
  Empty: "",
  Missing: null,
  WhenCreated: new DateTime(638_397_504_000_000_000n, "Utc"),
  Id: new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
  Idle: new TimeSpan(600_000_000n),
  Domains: ["contoso.com", "fabrikam.com"],
  Homed: new PsObject({ typeNames: ["Tieline.Homed", "System.Enum"], text: "Online", base: 1 }),
});

const holds = (text: string): boolean => compileFilter(parseFilter(text), (object: PsObject, name) => object.get(name))(alice);

describe("a filter", () => {
  it.each<[string, boolean]>([
    [`DisplayName -eq "alice adams"`, true],
    [`displayname -eq 'Alice Adams'`, true],
    [`DisplayName -ne 'Alice Adams'`, false],
    [`DisplayName -like 'ali*'`, true],
    [`DisplayName -like '?lice*s'`, true],
    [`DisplayName -like '[a-c]lice*'`, true],
    [`DisplayName -like '[d-z]*'`, false],
    [`DisplayName -notlike '*bob*'`, true],
    ["DisplayName -like 'Alice`*'", false],
    [`Count -gt 6`, true],
    [`Count -ge 7 -and Count -le 7`, true],
    [`Count -lt 0x7`, false],
    [`Count -gt '6'`, true],
    [`Big -gt 4gb`, true],
    [`Count -eq 7.0`, true],
    [`Enabled -eq $true`, true],
    [`Enabled`, true],
    [`-not Enabled`, false],
    [`!(Enabled -eq $false)`, true],
    [`Missing -eq $null`, true],
    [`NoSuch -eq $null`, true],
    [`SipAddress -ne $null`, true],
    [`SipAddress -notlike $Null`, true],
    [`Empty -notlike $Null`, false],
    [`WhenCreated -gt '2023-12-31'`, true],
    [`WhenCreated -lt '1/1/2024'`, false],
    [`Id -eq '{6F9619FF-8B86-D011-B42D-00C04FC964FF}'`, true],
    [`Domains -eq 'FABRIKAM.com'`, true],
    [`Domains -like '*.org'`, false],
    [`Homed -eq 'online'`, true],
    [`Homed -eq 1`, false],
    [`$_.Enabled -eq $true -and $PSItem.Count -eq 7`, true],
    [`{ Enabled -eq $true }`, true],
    [`Enabled –eq $true –and DisplayName –like ‘Alice*’`, true],
    [`DisplayName -eq "Alice Adams" -or (Count -eq 1 -and Count -eq 2)`, true],
    [`Count -ieq 7`, true],
    ["DisplayName -eq 'Alice''s'", false],
  ])("answers %s with %s", (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it("joins -and and -or from the left with equal weight, as PowerShell does", () => {
    expect(holds("Enabled -or Enabled -and Missing")).toBe(false);
    expect(holds("Enabled -or (Enabled -and Missing)")).toBe(true);
  });

  it("takes -not for the whole comparison after it", () => {
    expect(holds("-not DisplayName -eq 'Bob'")).toBe(true);
    expect(holds("-not -not Enabled")).toBe(true);
  });

  it("names the properties that it asks for, with their places", () => {
    expect(filterProperties(parseFilter("A -eq 1 -and -not (B -like 'x' -or C)"))).toEqual([
      { name: "A", at: 1 },
      { name: "B", at: 20 },
      { name: "C", at: 36 },
    ]);
  });

  it.each<[string, number, RegExp]>([
    ["DisplayName -match 'x'", 13, /-match is not known/],
    ["DisplayName -eq", 16, /a value is expected after -eq/],
    ["Enabled -eq True", 13, /quotation marks/],
    ["(Enabled -eq $true", 19, /closing parenthesis is missing/],
    ["Enabled -eq $true)", 18, /too many/],
    ["DisplayName -eq 'x", 17, /not closed/],
    ["DisplayName -eq $name", 17, /\$name has no value/],
    [`DisplayName -eq "a$b"`, 19, /inside quotation marks/],
    ["A -eq 1 B -eq 2", 9, /not expected/],
    ["", 1, /property is expected/],
    ["A -eq 1; B", 8, /no meaning/],
    ["-eq 1", 1, /property is expected/],
  ])("refuses %s at character %i", (text, position, what) => {
    let caught: unknown;
    try {
      parseFilter(text);
    } catch (error) {
      caught = error;
    }
    if (!isFault(caught)) throw new Error("no fault");
    expect(caught.code).toBe("filter-syntax");
    expect(caught.fields).toMatchObject({ position });
    expect(caught.message).toMatch(what);
  });

  it("refuses what is nested too deeply, too long or too many, with a fault", () => {
    for (const text of ["(".repeat(100_000), "!".repeat(100_000), `A -eq '${"x".repeat(100_000)}'`, "A -eq 1 -and ".repeat(4000)]) {
      expect(() => parseFilter(text)).toThrow(/filter cannot be understood/);
    }
  });

  it("takes no more than linear time for a pattern of many wildcards", () => {
    const get = (_: null, name: string): PsValue => name.repeat(1);
    const predicate = compileFilter(parseFilter(`${"a".repeat(2000)} -like '${"a*".repeat(400)}b'`), get);
    const started = performance.now();
    for (let i = 0; i < 10; i++) predicate(null);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
