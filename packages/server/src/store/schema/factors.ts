/** Tables of step 3: second factors, application passwords, remembered browsers, service settings. */

// oxlint-disable-next-line typescript/no-empty-interface
export interface FactorsSchema {}
