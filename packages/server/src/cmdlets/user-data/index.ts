/** What users have beside their account: shown and imported at both kinds of site, and what became of moved meetings. */
import type { Cmdlet } from "@tieline/language";
import { getCsMeetingMigrationStatus } from "./cs-meeting-migration-status.ts";
import { importTielineUserData } from "./tieline-user-data.ts";
import { USER_DATA_GETTERS } from "./tieline-user-data-lists.ts";

export const USER_DATA: readonly Cmdlet[] = [...USER_DATA_GETTERS, importTielineUserData];

export const USER_DATA_ONLINE: readonly Cmdlet[] = [getCsMeetingMigrationStatus];
