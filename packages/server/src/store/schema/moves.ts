/** Tables of step 8: moves between sites, as each site journals them. */

export type MovesSchema = Record<never, never>;
