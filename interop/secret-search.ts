/** Looks for secrets in octets: as they are, and in the spellings in which they leak. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export class SecretSearch {
  readonly #needles: { name: string; how: string; bytes: Buffer }[] = [];

  /** Secrets of fewer than 8 letters would be found by chance. */
  add(name: string, secret: string): void {
    if (secret.length < 8) throw new Error(`${name} is too short to be searched for`);
    const plain = Buffer.from(secret);
    const spellings: Record<string, Buffer | string> = {
      plain,
      "UTF-16": Buffer.from(secret, "utf16le"),
      hex: plain.toString("hex"),
      "capital hex": plain.toString("hex").toUpperCase(),
      URL: encodeURIComponent(secret),
      form: new URLSearchParams({ x: secret }).toString().slice(2),
      JSON: JSON.stringify(secret).slice(1, -1),
      reversed: Array.from(secret).reverse().join(""),
    };
    // Within a longer text the same octets have three spellings in base64, which differ at both ends.
    for (const [form, bytes] of Object.entries({ base64: plain, "base64 of UTF-16": Buffer.from(secret, "utf16le") })) {
      for (let shift = 0; shift < 3; shift += 1) {
        const text = Buffer.concat([Buffer.alloc(shift), bytes])
          .toString("base64")
          .replace(/=+$/, "");
        const inner = text.slice(shift === 0 ? 0 : shift + 1, -1);
        spellings[`${form}, ${shift}`] = inner;
        spellings[`${form} for addresses, ${shift}`] = inner.replaceAll("+", "-").replaceAll("/", "_");
      }
    }
    const seen = new Set<string>();
    for (const [how, spelling] of Object.entries(spellings)) {
      const bytes = Buffer.from(spelling as string);
      if (seen.has(bytes.toString("latin1"))) continue;
      seen.add(bytes.toString("latin1"));
      this.#needles.push({ name, how, bytes });
    }
  }

  get size(): number {
    return this.#needles.length;
  }

  /** What was found, in words; nothing of the secret itself. */
  within(where: string, haystack: Uint8Array | string): string[] {
    const octets = Buffer.from(haystack as string);
    return this.#needles.filter(({ bytes }) => octets.includes(bytes)).map(({ name, how }) => `${name} (${how}) in ${where}`);
  }

  /** In all files below, but for those that are there to hold a secret. */
  below(folder: string, except: (path: string) => boolean = () => false): { found: string[]; files: number; bytes: number } {
    const found: string[] = [];
    let [files, size] = [0, 0];
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || except(path)) continue;
      const bytes = readFileSync(path);
      files += 1;
      size += bytes.length;
      found.push(...this.within(path, bytes));
    }
    return { found, files, bytes: size };
  }
}
