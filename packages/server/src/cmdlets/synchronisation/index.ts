import type { Cmdlet } from "@tieline/language";

export const SYNCHRONISATION: readonly Cmdlet[] = [];
