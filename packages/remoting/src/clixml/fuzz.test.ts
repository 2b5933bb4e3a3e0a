/** Any input gives a value or one of our faults, and in either case the next valid document is read. */
import { expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import type { PsValue } from "../objects/index.ts";
import { Deserializer, readValues } from "./reader.ts";
import { serialize } from "./serialize.ts";
import { chance, DAMAGED, HEXADECIMAL, VALUES } from "./testing.ts";

const SEEDS = [...VALUES, ...DAMAGED].map((row) => row.clixml).filter((clixml) => clixml.length < 3000);
const PIECES = [
  "<",
  ">",
  "/",
  "&",
  ";",
  '"',
  "'",
  "]]>",
  "<![CDATA[",
  "<!--",
  "-->",
  "<?",
  "?>",
  "_x0041_",
  "_x",
  "&#x0;",
  "&lt;",
  "\r",
  "\n",
  "\0",
  "\ufeff",
  "\ud800",
  "ä",
  "<Obj>",
  "</Obj>",
  "<MS>",
  "</MS>",
  "<Props>",
  "</Props>",
  "<LST>",
  "</LST>",
  "<DCT>",
  "<En>",
  "</En>",
  "<Nil/>",
  '<Ref RefId="0"/>',
  '<TN RefId="0">',
  "<T>x</T>",
  '<S N="Key">k</S>',
  "<I32>",
  "</I32>",
  "<ToString>",
  "<PR>",
  ' N="a"',
  ' RefId="0"',
  "<!DOCTYPE a>",
  "<Objs>",
  "</Objs>",
  "<S>",
  "</S>",
];
const RUNS = 6000;
/** A fuzzer whose input is all refused tests the first line of the reader and nothing else. */
const ACCEPTED = 0.1;

function mutate(text: string, random: () => number): string {
  let mutated = text;
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const at = Math.floor(random() * (mutated.length + 1));
    const to = Math.min(mutated.length, at + Math.floor(random() * 12));
    switch (Math.floor(random() * 6)) {
      case 0:
        mutated = mutated.slice(0, at) + mutated.slice(to);
        break;
      case 1:
        mutated = mutated.slice(0, at) + (PIECES[Math.floor(random() * PIECES.length)] as string) + mutated.slice(at);
        break;
      case 2:
        mutated = mutated.slice(0, to) + mutated.slice(at);
        break;
      case 3:
        mutated = mutated.slice(0, at) + String.fromCharCode(Math.floor(random() * 128)) + mutated.slice(at + 1);
        break;
      case 4: {
        const other = SEEDS[Math.floor(random() * SEEDS.length)] as string;
        const from = Math.floor(random() * other.length);
        mutated = mutated.slice(0, at) + other.slice(from, from + 80) + mutated.slice(at);
        break;
      }
      default:
        mutated = mutated.slice(0, at);
    }
  }
  return mutated;
}

/** Changes that leave the markup whole: other characters in texts and names, elements where elements may stand. */
function disturb(text: string, random: () => number): string {
  const places = [...text.matchAll(/>[^<>]+<|"[^"<>]*"|></g)];
  const place = places[Math.floor(random() * places.length)];
  if (place === undefined) return text;
  const from = place.index + 1;
  const to = place.index + place[0].length - 1;
  const inside = text.slice(from, to);
  const at = Math.floor(random() * (inside.length + 1));
  const added =
    inside === "" ? (WHOLE[Math.floor(random() * WHOLE.length)] as string) : (TEXTS[Math.floor(random() * TEXTS.length)] as string);
  return text.slice(0, from) + inside.slice(0, at) + added + inside.slice(at + (random() < 0.5 ? 1 : 0)) + text.slice(to);
}

const WHOLE = [
  "<!-- c -->",
  "\n  ",
  "<S>x</S>",
  "<Nil />",
  '<S N="added">x</S>',
  "<?p i?>",
  '<MS><I32 N="b">1</I32></MS>',
  "<ToString>t</ToString>",
];
const TEXTS = ["0", "5", "-", " ", "x", "_x000A_", "_", "&amp;", "&#65;", ".", "Z", "\u{1f600}"];

type Verdict = { value: PsValue } | { code: string };

function verdict(read: () => PsValue): Verdict {
  try {
    return { value: read() };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { code: error.code };
  }
}

test(`${RUNS} damaged documents each give a value or a fault`, () => {
  const random = chance(20_260_101);
  const options = { secureString: HEXADECIMAL, scriptBlocks: true, deserializedPrefix: false };
  const reader = new Deserializer(options);
  let accepted = 0;
  for (let run = 0; run < RUNS; run++) {
    const seed = SEEDS[Math.floor(random() * SEEDS.length)] as string;
    const input = random() < 0.4 ? disturb(seed, random) : mutate(seed, random);
    const whole = verdict(() => reader.read(input));
    const pieces: string[] = [];
    for (let at = 0; at < input.length;) {
      const size = 1 + Math.floor(random() * 40);
      pieces.push(input.slice(at, at + size));
      at += size;
    }
    const cut = verdict(() => {
      const values = [...readValues(pieces, options)];
      return values.length === 1 ? (values[0] as PsValue) : values.length === 0 ? null : values;
    });
    expect("value" in cut, input).toBe("value" in whole);
    if ("value" in whole && "value" in cut) {
      accepted++;
      expect(text(cut.value), input).toBe(text(whole.value));
    }
    expect(reader.read("<S>still here</S>")).toBe("still here");
  }
  expect(accepted / RUNS).toBeGreaterThan(ACCEPTED);
});

test("damaged bytes each give a value or a fault", () => {
  const random = chance(20_260_102);
  const reader = new Deserializer({ secureString: HEXADECIMAL });
  for (let run = 0; run < 2000; run++) {
    const bytes = new TextEncoder().encode(SEEDS[Math.floor(random() * SEEDS.length)] as string);
    for (let times = 0; times < 2; times++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    verdict(() => reader.read(bytes));
    expect(reader.read("<S>still here</S>")).toBe("still here");
  }
});

/** What was read can be written, but for a character that XML allows as a reference only. */
function text(value: PsValue): string {
  const written = verdict(() => serialize(value, { secureString: HEXADECIMAL }));
  if ("code" in written) {
    expect(["clixml-character", "clixml-unwritable"]).toContain(written.code);
    return written.code;
  }
  return written.value as string;
}
