/** Contacts, meetings and the rest for the people of a new lab; once, so that what a move took away stays away. */
import { LAB_DELEGATES, type Directory, type TenantId, type UserRecord } from "../directory/index.ts";
import { fillLab, UserDataStore, type Delegate } from "../migration/index.ts";
import type { Site } from "../site.ts";
import type { Queries } from "../store/index.ts";

/** The setting of a site that says that it was done. */
const MARK = { kind: "Lab", name: "UserData" } as const;

/** @param contacts each; left out: as chance has it */
export async function provisionUserData(
  { directory, store }: Pick<Site, "directory" | "store">,
  nowMs: number,
  contacts?: number,
): Promise<void> {
  for (const { tenantId } of await directory.tenants.list()) {
    const { settings } = directory.tenant(tenantId);
    if ((await settings.get(MARK.kind, MARK.name)) !== undefined) continue;
    await fillLab(store.db, tenantId, { nowMs, contacts });
    await pairDelegates(store.db, directory, tenantId, nowMs);
    await settings.set(MARK.kind, MARK.name, { filled: true }, nowMs);
  }
}

/** Assistants whom the table of people names, for those of their principals who are homed here. */
async function pairDelegates(db: Queries, directory: Directory, tenantId: TenantId, nowMs: number): Promise<void> {
  const store = new UserDataStore(db, tenantId);
  const { users } = directory.tenant(tenantId);
  const named = async (account: string): Promise<UserRecord | undefined> =>
    (await users.find((eb) => eb("account_key", "=", account), 1))[0];
  for (const { principal, delegate } of LAB_DELEGATES) {
    const owner = await named(principal);
    const assistant = await named(delegate);
    if (owner?.registrarPool == null || typeof assistant?.sipAddress !== "string") continue;
    const entry: Delegate = { uri: assistant.sipAddress.toLowerCase(), maySchedule: true, mayAnswer: true, mayCall: true };
    await store.write(owner.objectId, { ...(await store.read(owner.objectId)), delegates: [entry] }, nowMs, { policies: "keep" });
  }
}
