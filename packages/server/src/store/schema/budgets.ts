/** Tables of step 4: budgets of cmdlets. */

// oxlint-disable-next-line typescript/no-empty-interface
export interface BudgetsSchema {}
