/** The table of step 6: hosting providers, edge configuration, federation of a tenant, and the like; one row an instance. */

export interface SiteSettingsTable {
  tenant_id: string;
  /** HostingProvider, AccessEdgeConfiguration, ... */
  kind: string;
  /** `Global`, or the instance's own. */
  name: string;
  name_key: string;
  /** JSON. */
  settings: string;
  created_ms: number;
  changed_ms: number;
}

export interface SiteSettingsSchema {
  site_settings: SiteSettingsTable;
}
