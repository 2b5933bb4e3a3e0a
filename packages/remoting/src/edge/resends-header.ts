/**
 * Says in an answer that this service acts once on a request that arrives twice with one message id, and hands out again
 * what a lost answer had brought. Without it a client must take a command that was lost on its way for one that may have run.
 */
export const RESENDS_HEADER = "tieline-resends";
