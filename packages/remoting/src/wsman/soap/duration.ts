/** xs:duration as WS-Management uses it for timeouts (XML Schema part 2, 3.2.6): days, hours, minutes, seconds; no years or months. */

const DURATION = /^P(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10}(?:\.\d{1,9})?)S)?)?$/;

/** Milliseconds, or undefined where the text is not such a duration. Years and months have no fixed length and are refused. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  if (match === null || match[0] === "P" || match[0].endsWith("T")) return undefined;
  const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = match;
  return Math.round(((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000);
}

/** As Windows writes its own: `PT7200.000S`. */
export function formatSeconds(ms: number): string {
  return `PT${(ms / 1000).toFixed(3)}S`;
}

/** As Windows writes ages: `P0DT0H1M2S`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return `P${Math.floor(hours / 24)}DT${hours % 24}H${minutes % 60}M${seconds % 60}S`;
}
