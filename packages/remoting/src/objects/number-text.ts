/**
 * Numbers as .NET's general format writes them (invariant culture).
 *
 * One rule serves all: the significant digits stand plain while the decimal point falls within `widest` places from
 * the left (and at most three zeros follow it on the right side of nought), otherwise as `d.dddE+XX`.
 */

interface NumberForm {
  /** Significant digits kept; undefined for the shortest text that reads back to the same number. */
  digits: number | undefined;
  /** Places before the decimal point beyond which the exponent is written. */
  widest: number;
}

/** "G15" and "G7": what `"$value"` shows; and the round-trip forms "R" that CLIXML carries. */
export const NUMBER_FORMS = {
  doubleText: { digits: 15, widest: 15 },
  singleText: { digits: 7, widest: 7 },
  doubleWire: { digits: undefined, widest: 17 },
  singleWire: { digits: undefined, widest: 9 },
} as const satisfies Record<string, NumberForm>;

/** The text of a finite number; the callers name infinities and NaN, each in its own way. */
export function numberText(value: number, form: NumberForm): string {
  const size = Math.abs(value);
  // Here JavaScript's own shortest text is the same, and much faster.
  if (form.digits === undefined && size >= 0.001 && size < 1e9) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const scientific = form.digits === undefined ? value.toExponential() : value.toExponential(form.digits - 1);
  const at = scientific.indexOf("e");
  const negative = value < 0;
  const mantissa = scientific
    .slice(negative ? 1 : 0, at)
    .replace(".", "")
    .replace(/0+$/, "");
  const digits = mantissa === "" ? "0" : mantissa;
  const point = Number(scientific.slice(at + 1)) + 1;
  const sign = negative ? "-" : "";
  if (point > form.widest || point < -3) {
    const exponent = Math.abs(point - 1)
      .toString()
      .padStart(2, "0");
    return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}E${point > 0 ? "+" : "-"}${exponent}`;
  }
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The shortest decimal digits that round to the given single-precision number, as a double. */
export function shortestSingle(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number(value.toPrecision(9));
}

/** A number as string conversion shows it: `Infinity`, `NaN`, `1E+15`, `0.1`. */
export function realText(value: number, form: NumberForm): string {
  return Number.isFinite(value) ? numberText(value, form) : String(value);
}
