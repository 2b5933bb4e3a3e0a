/** What a conformance run over recorded vectors finds, group by group, over a fixed denominator. */
export interface GroupResult {
  group: string;
  passed: number;
  total: number;
  failures: { id: string; reason: string }[];
  /** Rows that are .NET's own and not the protocol's: counted in `total`, not in `passed`, each with its reason. */
  exempt?: { id: string; reason: string }[];
}
