/** Moves, and their journal. */
import type { Cmdlet } from "@tieline/language";
import { getTielineMove } from "./get-tieline-move.ts";
import { moveCsUser } from "./move-cs-user.ts";

export const MOVES: readonly Cmdlet[] = [moveCsUser];

/** At both kinds of site. */
export const JOURNAL: readonly Cmdlet[] = [getTielineMove];
