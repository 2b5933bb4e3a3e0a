/** What is said of a move when it is done. */
import { Fault } from "@tieline/fault";
import { countsOf, type DataCounts, type UserData } from "../user-data/index.ts";
import type { MoveRow } from "./journal.ts";
import type { Direction, MoveOptions, MoveOutcome } from "./move.ts";

export function outcomeOf(
  { moveId, direction, source, target }: MoveRow,
  moved: DataCounts,
  rest: Pick<MoveOutcome, "leftPolicies" | "warnings" | "teamsUpgradeMode" | "durationMs">,
): MoveOutcome {
  return { moveId, direction, source, target, moved, ...rest };
}

/** Who is homed on premises works with Skype for Business alone. */
export function teamsModeOf(direction: Direction): string | null {
  return direction === "to-pool" ? "SfBOnly" : null;
}

/** @param data what there was before */
export function warningsOf(user: string, options: MoveOptions, data: UserData, left: readonly string[]): string[] {
  const warnings: Fault[] = [];
  const { contacts, meetings, groups, permissions, delegates, forwarding } = countsOf(data);
  const others = groups + permissions + delegates + forwarding;
  if (options.force === true && contacts + meetings + others > 0)
    warnings.push(new Fault("move-force-loses", { user, contacts, meetings, others }));
  if (left.length > 0) warnings.push(new Fault("move-policies-left", { user, policies: left.join(", ") }));
  return warnings.map(({ message }) => message);
}
