import type { Cmdlet } from "@tieline/language";

export const DEPLOYMENT_POOL: readonly Cmdlet[] = [];

export const DEPLOYMENT_ONLINE: readonly Cmdlet[] = [];
