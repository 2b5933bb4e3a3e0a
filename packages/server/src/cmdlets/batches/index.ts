import type { Cmdlet } from "@tieline/language";

export const BATCHES: readonly Cmdlet[] = [];
