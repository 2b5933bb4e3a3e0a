/** Synchronisation from a deployment to its tenant. */
export interface SynchronisationService {
  readonly tenant: string;
}
