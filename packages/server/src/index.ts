/** The service: see README.md. */
export { onlineCatalogue, poolCatalogue } from "./cmdlets/index.ts";
export { cmdletPages } from "./cmdlets/cmdlet-pages.ts";
export { initialise, type InitOptions, type InitSummary } from "./deployment/init.ts";
export { readConfiguration, type Configuration } from "./deployment/configuration.ts";
export { startService, type RunningService } from "./deployment/service.ts";
export { startWorker } from "./deployment/worker.ts";
export { Directory, fileBytes, importUsers, type ImportReport } from "./directory/index.ts";
export { defaultDataFolder } from "./lab/data-folder.ts";
export { BREAKS, type BreakName } from "./lab/breaks.ts";
export { LabAuthority } from "./lab/authority.ts";
export { startLab, type RunningLab } from "./lab/lab.ts";
export { AUTOMATION } from "./lab/provision.ts";
export { readLab, type LabDescription } from "./lab/lab-file.ts";
export type { PortWishes } from "./lab/ports.ts";
export { LabSecrets } from "./lab/secrets.ts";
export { backup, databasePassword, openArchive, openStore, restore, type BackupSummary, type RestoreSummary } from "./store/index.ts";
