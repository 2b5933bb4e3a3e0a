/** Tables of step 11: the forest behind a deployment. */

export type ForestSchema = Record<never, never>;
