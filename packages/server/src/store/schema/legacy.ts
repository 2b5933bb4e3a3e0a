/** Tables of step 5: web tickets and federated domains. */

// oxlint-disable-next-line typescript/no-empty-interface
export interface LegacySchema {}
