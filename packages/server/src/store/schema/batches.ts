/** Tables of step 9: batches of moves, and their users. */

export type BatchesSchema = Record<never, never>;
