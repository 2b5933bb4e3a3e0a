import type { Cmdlet } from "@tieline/language";

export const MOVES: readonly Cmdlet[] = [];
