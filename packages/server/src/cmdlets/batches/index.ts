/** Batches of moves. */
import type { Cmdlet } from "@tieline/language";
import {
  resumeTielineMoveBatch,
  startTielineMoveBatch,
  stopTielineMoveBatch,
  suspendTielineMoveBatch,
  undoTielineMoveBatch,
} from "./tieline-move-batch-control.ts";
import { addTielineMoveBatchUser, getTielineMoveBatchUser, testTielineMoveBatch } from "./tieline-move-batch-user.ts";
import { getTielineMoveBatch, newTielineMoveBatch, removeTielineMoveBatch } from "./tieline-move-batch.ts";
import { getTielineMoveCounter } from "./tieline-move-counter.ts";

export const BATCHES: readonly Cmdlet[] = [
  newTielineMoveBatch,
  getTielineMoveBatch,
  removeTielineMoveBatch,
  addTielineMoveBatchUser,
  getTielineMoveBatchUser,
  testTielineMoveBatch,
  startTielineMoveBatch,
  suspendTielineMoveBatch,
  resumeTielineMoveBatch,
  stopTielineMoveBatch,
  undoTielineMoveBatch,
];

/** At both kinds of site. */
export const COUNTERS: readonly Cmdlet[] = [getTielineMoveCounter];
