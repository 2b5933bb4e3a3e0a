/** Batches of moves. */
export interface BatchService {
  readonly tenant: string;
}
