/**
 * InterpretedUserType: one word for where a synchronised user stands. The words are those that were seen in tenants; which
 * facts make which of them is OURS wherever the word does not say it.
 */

export interface StandingFacts {
  /** By msRTCSIP-DeploymentLocator: null where the deployment knows nothing of SIP for the user. */
  locator: "online" | "on-premises" | null;
  /** Served online. */
  isHomedOnline: boolean;
  /** Enabled for SIP where the user is homed. */
  isEnabled: boolean;
  /** Of the service plans that the service needs. */
  licence: "has" | "deleted" | "none";
  /** The word so far. */
  before: string | null;
}

interface Row {
  word: string;
  when: (facts: StandingFacts) => boolean;
}

/** The first row that fits. */
const ROWS: readonly Row[] = [
  { word: "HybridOnpremSfBUser", when: ({ locator, isEnabled }) => locator === "on-premises" && isEnabled },
  { word: "HybridOnpremDisabledUser", when: ({ locator }) => locator === "on-premises" },
  {
    word: "HybridOnlineSfBUserWithDeletedLicenses",
    when: ({ locator, isHomedOnline, isEnabled, licence }) => locator === "online" && isHomedOnline && isEnabled && licence === "deleted",
  },
  {
    word: "HybridOnlineDisabledUserWithDeletedLicenses",
    when: ({ locator, isHomedOnline, licence }) => locator === "online" && isHomedOnline && licence === "deleted",
  },
  { word: "HybridOnlineSfBUser", when: ({ locator, isHomedOnline, isEnabled }) => locator === "online" && isHomedOnline && isEnabled },
  { word: "HybridOnlineDisabledUser", when: ({ locator, isHomedOnline }) => locator === "online" && isHomedOnline },
  { word: "HybridOnlineDisabledUserNeedsProvisioning", when: ({ locator }) => locator === "online" },
  // Whose on-premises attributes were taken away is provisioned anew.
  { word: "DirSyncSfBUserNeedsProvisioning", when: ({ isHomedOnline, before }) => isHomedOnline && before?.startsWith("Hybrid") === true },
  {
    word: "DirSyncSfBUserNeedsProvisioning",
    when: ({ isHomedOnline, licence, before }) => licence === "has" && (!isHomedOnline || before === "DirSyncSfBUserNeedsProvisioning"),
  },
  { word: "DirSyncSfBUser", when: ({ isHomedOnline }) => isHomedOnline },
  { word: "DirSyncNoService", when: () => true },
];

/** Those that the next run provisions. */
export const NEEDS_PROVISIONING: readonly string[] = ROWS.map(({ word }) => word).filter((word) => word.endsWith("NeedsProvisioning"));

export function interpretedUserType(facts: StandingFacts): string {
  return ROWS.find(({ when }) => when(facts))?.word ?? "DirSyncNoService";
}
