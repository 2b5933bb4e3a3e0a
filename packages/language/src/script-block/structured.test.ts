import { isFault } from "@tieline/fault";
import { Decimal, Double, PsDictionary, PsObject, ScriptBlock, UInt32, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { readNumber } from "./number.ts";
import { structure, structureOrThrow, type StructureOptions } from "./structured.ts";

type Shown = [name: string, ...args: ([string, PsValue?] | PsValue)[]];

/** Commands as rows: `["-Name"]` and `["-Name:", value]` are names, everything else a positional value. */
function shown(text: string, options?: StructureOptions): unknown {
  const made = structure(text, options);
  if (made.kind !== "commands") return made;
  return made.statements.map((commands) =>
    commands.map((command) => [
      command.text,
      ...command.arguments.map(({ name, value }) => (name === null ? value : name.endsWith(":") ? [name, value] : [name])),
      ...(command.merge === undefined ? [] : ["2>&1"]),
    ]),
  );
}

describe("a script text that stands for plain commands", () => {
  // Recorded: what a PowerShell 7.6.5 client sent for these texts (no-language, information-preferences, import-calls, using, securestring-argument, enter-pssession).
  it.each<[string, StructureOptions, Shown[][]]>([
    [" Get-Ok 1 ", {}, [[["Get-Ok", 1]]]],
    [" Get-Ok 1; Get-Ok 2 ", {}, [[["Get-Ok", 1]], [["Get-Ok", 2]]]],
    [" param($a) Get-Ok $a ", { argumentList: [5] }, [[["Get-Ok", 5]]]],
    [" Get-Ok $using:v ", { using: { V: 3 } }, [[["Get-Ok", 3]]]],
    [" Get-Item / ", {}, [[["Get-Item", "/"]]]],
    [" Remove-Item Function:Get-V ", {}, [[["Remove-Item", "Function:Get-V"]]]],
    [
      " Write-Verbose 'v1' -Verbose; Write-Information 'i1' -InformationAction Continue ",
      {},
      [[["Write-Verbose", "v1", ["-Verbose"]]], [["Write-Information", "i1", ["-InformationAction"], "Continue"]]],
    ],
    [
      " param($h) ConvertFrom-SecureString $h.p -AsPlainText ",
      { argumentList: [PsDictionary.of({ p: "secret" })] },
      [[["ConvertFrom-SecureString", "secret", ["-AsPlainText"]]]],
    ],
    [
      "Get-History | Select-Object -Last 2 | ForEach-Object CommandLine",
      {},
      [[["Get-History"], ["Select-Object", ["-Last"], 2], ["ForEach-Object", "CommandLine"]]],
    ],
    ["/bin/echo native", {}, [[["/bin/echo", "native"]]]],
  ])("is sent as PowerShell's client sends it: %s", (text, options, expected) => {
    expect(shown(text, options)).toEqual(expected);
  });

  it.each<[string, Shown[][]]>([
    [
      "Get-CsOnlineUser -Identity alice | Select-Object DisplayName -First 3",
      [
        [
          ["Get-CsOnlineUser", ["-Identity"], "alice"],
          ["Select-Object", "DisplayName", ["-First"], 3],
        ],
      ],
    ],
    ["Get-X –Force —Name:‘a b’ “c”", [[["Get-X", ["-Force"], ["-Name:", "a b"], "c"]]]],
    ["Get-X a,b , 'c d', 5", [[["Get-X", ["a", "b", "c d", 5]]]]],
    ["Get-X @('a'; 'b', 3)", [[["Get-X", ["a", "b", 3]]]]],
    ["Get-X (-5) ('x') (1, 2)", [[["Get-X", -5, "x", [1, 2]]]]],
    [
      "Get-X -5 +5 5-3 1..3 a=b a@b.c *.txt c:\\a http://x/y?z=1",
      [[["Get-X", "-5", "+5", "5-3", "1..3", "a=b", "a@b.c", "*.txt", "c:\\a", "http://x/y?z=1"]]],
    ],
    ["Get-X -Flag:$false -Value $null $true", [[["Get-X", ["-Flag:", false], ["-Value"], null, true]]]],
    ["Get-X -Name: value", [[["Get-X", ["-Name:", "value"]]]]],
    ['Get-X "a`tb`"c" \'it\'\'s\' a"b c"d a`,b `-Name', [[["Get-X", 'a\tb"c', "it's", "ab cd", "a,b", "-Name"]]]],
    ['Get-X "a"b', [[["Get-X", "a", "b"]]]],
    ["Get-X # comment\n<# more\n#> Get-Y `\n  -A 1", [[["Get-X"]], [["Get-Y", ["-A"], 1]]]],
    ["Get-X |\n  Get-Y\n  | Get-Z", [[["Get-X"], ["Get-Y"], ["Get-Z"]]]],
    ["Get-X 2>&1 | Out-Null", [[["Get-X", "2>&1"], ["Out-Null"]]]],
    ["Get-X -- -NotParam -x", [[["Get-X", "-NotParam", "-x"]]]],
    ["& Get-X 1; & 'Get Y' 2", [[["Get-X", 1]], [["Get Y", 2]]]],
    ["Get-X | foreach Name | ? Enabled | % Length", [[["Get-X"], ["foreach", "Name"], ["?", "Enabled"], ["%", "Length"]]]],
    ["Get-X @'\nline 'one'\n two $x\n'@ @\"\na`tb\n\"@", [[["Get-X", "line 'one'\n two $x", "a\tb"]]]],
    ["Get-X [int]5 a[0] [x] true null", [[["Get-X", "[int]5", "a[0]", "[x]", "true", "null"]]]],
    ["Mod\\Get-X $true,$null", [[["Mod\\Get-X", [true, null]]]]],
  ])("is read as PowerShell's argument mode reads it: %s", (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });

  it("puts in the values of variables that it is given, also inside texts and with their members", () => {
    const options = { variables: { u: PsObject.of({ Name: "Ann", Tags: ["a", "b"] }), n: 7 }, using: { d: "contoso.com" } };
    expect(shown(`Get-X $u.name $U.Tags[-1] "$n of \${n}" $n/x x$n-y a@$using:d`, options)).toEqual([
      [["Get-X", "Ann", "b", "7 of 7", "7/x", "x7-y", "a@contoso.com"]],
    ]);
  });

  it("keeps a script block's text for -Filter, unless it must do exactly as PowerShell's client does", () => {
    const text = `Get-CsTenant -Filter {DisplayName -eq "Fabrikam.com" -and '}' -ne "}"}`;
    const made = structure(text);
    expect(made.kind === "commands" && made.statements[0]?.[0]?.arguments[1]?.value).toEqual(
      new ScriptBlock(`DisplayName -eq "Fabrikam.com" -and '}' -ne "}"`),
    );
    expect(structure(text, { scriptBlocks: false })).toMatchObject({ kind: "script", position: 22 });
  });

  it("reads constant tables", () => {
    const made = structure("Set-X -Map @{ a = 1; 'b c' = 'x', 'y'\n c = @{ d = $null } }");
    const table = made.kind === "commands" ? made.statements[0]?.[0]?.arguments[1]?.value : undefined;
    expect(JSON.stringify(table)).toBe('{"a":1,"b c":["x","y"],"c":{"d":null}}');
  });

  it.each<[string, RegExp]>([
    ["1 + 1", /expression/],
    ["'text'", /expression/],
    ["$x", /expression/],
    ["$x = 5", /expression/],
    ["Get-Ok -A (1+1)", /computed/],
    ["Get-Ok -A (Get-Date)", /expression or a command/],
    ["Get-Ok -A $x", /\$x, which is not known/],
    ['Get-Ok "a$b"', /\$b/],
    ['Get-Ok "a$(1)"', /subexpression/],
    ["Get-Process -Id $PID", /\$PID/],
    [". Get-Ok", /dot-sourced/],
    ["if (1) {2}", /statement if/],
    ["foreach ($i in 1) { }", /statement foreach/],
    ["exit", /statement exit/],
    ["function f { }", /statement function/],
    ["Get-Ok > /dev/null", /redirection/],
    ["Get-Ok 2>$null", /redirection/],
    ["Get-Ok && Get-Ok", /chain/],
    ["Get-Ok &", /background/],
    ["& { 1 }", /script block that is called/],
    ["Get-Ok @splat", /splatted/],
    ["[int]5", /expression/],
    ["@(1)", /expression/],
    ["1..3 | Get-Ok", /expression/],
    ["param([int]$n) Get-Ok $n", /types/],
    ["Get-Ok $using:nosuch", /has not been set/],
    ["Get-Ok $true.ToString()", /method/],
    ["Get-Ok --% x", /--%/],
    ["", /no command/],
    ["# only comment", /no command/],
  ])("says that %s needs a script", (text, what) => {
    const made = structure(text);
    expect(made).toMatchObject({ kind: "script" });
    expect(made.kind === "commands" ? "" : made.what).toMatch(what);
  });

  it.each([
    "Get-Ok 'x",
    'Get-Ok "x',
    "Get-Ok {",
    "Get-Ok )",
    "Get-Ok |",
    "Get-Ok a,",
    "Get-Ok @{a}",
    "Get-Ok (1",
    "Get-Ok <# x",
    "Get-Ok -A:",
    "Get-X | 'text'",
  ])("says that %s is not valid", (text) => {
    expect(structure(text)).toMatchObject({ kind: "invalid" });
  });

  it("ends deep nesting and long texts in one of our faults, quickly", () => {
    for (const text of [
      "Get-X " + "(".repeat(50_000),
      "Get-X " + "@{a=".repeat(50_000),
      "Get-X " + "a,".repeat(50_000),
      "Get-X " + "`".repeat(50_001),
      "'".repeat(50_001),
    ]) {
      const started = performance.now();
      let caught: unknown;
      try {
        structureOrThrow(text);
      } catch (error) {
        caught = error;
      }
      expect(caught === undefined || isFault(caught)).toBe(true);
      expect(performance.now() - started).toBeLessThan(2000);
    }
  });
});

describe("number literals (recorded: num-0002 to num-0018)", () => {
  it.each<[string, PsValue | undefined]>([
    ["5", 5],
    ["1kb", 1024],
    ["0x10", 16],
    ["0xFFFFFFFF", -1],
    ["0x100000000", 4294967296n],
    ["0b11111111", -1],
    ["2147483648", 2147483648n],
    ["9223372036854775808", new Decimal("9223372036854775808")],
    ["1.5", new Double(1.5)],
    [".5", new Double(0.5)],
    ["5.", new Double(5)],
    ["1e3", new Double(1000)],
    ["5L", 5n],
    ["1.5l", 2n],
    ["2.5l", 2n],
    ["1.50d", new Decimal("1.50")],
    ["5u", new UInt32(5)],
    ["1abc", undefined],
    ["0xG", undefined],
    ["-5", undefined],
    ["300y", undefined],
  ])("reads %s", (text, expected) => {
    expect(readNumber(text)).toEqual(expected);
  });
});
