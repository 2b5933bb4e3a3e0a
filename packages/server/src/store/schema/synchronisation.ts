/** Tables of step 10: what synchronisation knows of each object, and its runs. */

export type SynchronisationSchema = Record<never, never>;
