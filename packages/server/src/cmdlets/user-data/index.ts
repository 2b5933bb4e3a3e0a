import type { Cmdlet } from "@tieline/language";

export const USER_DATA: readonly Cmdlet[] = [];
