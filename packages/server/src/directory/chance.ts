/** Numbers that look like chance and come out the same for the same seed on every machine. */

export interface Chance {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number from 0 to below `below`. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** A GUID of version 4. */
  guid(): string;
}

/** A generator for a text; 32 bits of state (a Weyl sequence with an avalanche), which is plenty for names. */
export function chance(seed: string): Chance {
  // FNV-1a, so that near seeds begin far apart.
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i += 1) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  const word = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((word() / 0x1_0000_0000) * limit);
  return {
    next: () => word() / 0x1_0000_0000,
    below,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    guid() {
      const hex = [word(), word(), word(), word()].map((n) => n.toString(16).padStart(8, "0")).join("");
      const variant = ((parseInt(hex[16] as string, 16) & 3) | 8).toString(16);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}
