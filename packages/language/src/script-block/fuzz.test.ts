import { isFault } from "@tieline/fault";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { describe, expect, it } from "vitest";
import { restrictedCommands } from "../commands/restricted-commands.ts";
import { Catalogue } from "../cmdlet/catalogue.ts";
import { Runspace } from "../engine/runspace.ts";
import { Collected } from "../engine/sink.ts";
import { compileFilter } from "../filter/compile.ts";
import { parseFilter } from "../filter/parse.ts";
import { structure } from "./structured.ts";

/** The same numbers in each run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PIECES = [
  "Get-Ok",
  "Select-Object",
  "Where-Object",
  " ",
  "\n",
  "|",
  ";",
  "-Name",
  "-First:",
  "'a'",
  '"b $x"',
  "$true",
  "$null",
  "$u.Name",
  "@(",
  ")",
  "(",
  "{",
  "}",
  "@{",
  "=",
  ",",
  "1",
  "0x1F",
  "1kb",
  "`",
  "#",
  "<#",
  "#>",
  "2>&1",
  ">",
  "–Identity",
  "‘q’",
  "\u0000",
  "\uD800",
  "-eq",
  "-like",
  "'*a*'",
  "-and",
  "-not",
  "!",
  "DisplayName",
  "[a-z",
  "--",
  "--%",
  "&",
  ".",
  "..",
  "@'\n",
  "\n'@",
];

const FILTER_PIECES = [
  ..."DisplayName Enabled $_.Name -eq -ne -like -notlike -gt -and -or -not ! ( ) 'a*' \"b\" $true $null 5 1.5 0x1F -3 [a-z] -match { } $x `".split(
    " ",
  ),
  "'",
];

function text(random: (below: number) => number, pieces: readonly string[] = PIECES): string {
  return Array.from({ length: 1 + random(14) }, () => pieces[random(pieces.length)] ?? "").join(random(2) === 0 ? " " : "");
}

/** A failure names its seed; TIELINE_FUZZ_SEEDS says how many are tried. */
const SEEDS = Array.from({ length: Number(process.env["TIELINE_FUZZ_SEEDS"] ?? 4) }, (_, i) => i + 1);
const ROUNDS = 3000;

describe("whatever is written", () => {
  it.each(SEEDS)("is commands, a script or invalid, and never an error of ours (seed %i)", (seed) => {
    const random = chance(seed);
    let commands = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const source = text(random);
      const made = structure(source, { variables: { u: PsObject.of({ Name: "ann" }), x: 5 } });
      if (made.kind === "commands") commands++;
      else expect(made.position).toBeGreaterThan(0);
    }
    expect(commands / ROUNDS).toBeGreaterThan(0.02);
  });

  it.each(SEEDS)("is a filter or a fault of ours (seed %i)", (seed) => {
    const random = chance(seed);
    let filters = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const source = text(random, FILTER_PIECES);
      try {
        const predicate = compileFilter(parseFilter(source), (object: PsObject, name) => object.get(name));
        expect(typeof predicate(PsObject.of({ DisplayName: "banana" }))).toBe("boolean");
        filters++;
      } catch (error) {
        if (!isFault(error) || error.code !== "filter-syntax") throw error;
      }
    }
    expect(filters / ROUNDS).toBeGreaterThan(0.02);
  });
});

describe("whatever is sent as structured commands", () => {
  const VALUES: readonly PsValue[] = [
    null,
    "",
    "a",
    "*",
    0,
    -1,
    2 ** 40,
    true,
    5n,
    [],
    [1, null],
    ["a", ["b"]],
    new Uint8Array(3),
    PsObject.of({ Name: "x" }),
    PsObject.of({}, ["T"]),
  ];
  const NAMES = [
    null,
    "Property",
    "First",
    "-Last:",
    "-Unique",
    "InputObject",
    "Name",
    "ErrorAction",
    "Sum",
    "-Skip",
    "Value",
    "EQ",
    "",
    "-",
    "-:",
  ];

  it.each(SEEDS)("ends completed or failed with a record, and the runspace goes on (seed %i)", async (seed) => {
    const random = chance(seed);
    const commands = restrictedCommands();
    const runspace = new Runspace({ catalogue: new Catalogue(commands), session: null });
    let completed = 0;
    for (let i = 0; i < 400; i++) {
      const statement = Array.from({ length: 1 + random(3) }, () => ({
        text: random(20) === 0 ? "No-Such" : (commands[random(commands.length)]?.name ?? ""),
        isScript: random(40) === 0,
        arguments: Array.from({ length: random(3) }, () => ({
          name: NAMES[random(NAMES.length)] ?? null,
          value: VALUES[random(VALUES.length)] ?? null,
        })),
      }));
      const outcome = await runspace.run([statement], { sink: new Collected(), input: random(2) === 0 ? [...VALUES] : undefined });
      if (outcome.state === "completed") completed++;
      else {
        expect(outcome.error?.fullyQualifiedId).not.toMatch(/^internal/);
        expect(outcome.error?.message.length).toBeGreaterThan(0);
      }
    }
    expect(completed).toBeGreaterThan(40);
  });
});
