/** Gives the people of a lab who are homed at one site the data that fits them. */
import { TenantDirectory, type TenantId, type UserCondition, type UserRecord } from "../../directory/index.ts";
import { within, type Queries } from "../../store/index.ts";
import { generateUserData, type Colleague, type GenerateDataOptions } from "./generate.ts";
import { UserDataStore } from "./user-data-store.ts";

/** People whom scripts and documents name have something of everything. */
const RICH = new Set(["kenmyer@contoso.com", "alice@contoso.com", "bob@contoso.com", "user@contoso.com"]);
/** From whom contacts are drawn; a directory of any size costs no more. */
const COLLEAGUES = 1000;
/** Users a transaction. */
const PAGE = 250;

/**
 * Whoever has data already keeps it.
 *
 * @returns how many users were given data
 */
export async function fillLab(db: Queries, tenant: TenantId, options: GenerateDataOptions): Promise<number> {
  const { users } = new TenantDirectory(db, tenant);
  const query = { where: isEnabled, without: { policies: true, plans: true }, pageSize: PAGE };
  let colleagues: readonly Colleague[] | undefined;
  let count = 0;
  for await (const page of users.pages(query)) {
    colleagues ??= await colleaguesOf(users);
    count += await fillPage(db, tenant, page, colleagues, options);
  }
  return count;
}

const isEnabled: UserCondition = (eb) => eb.and([eb("enabled", "=", 1), eb("sip_key", "is not", null)]);

async function colleaguesOf(users: TenantDirectory["users"]): Promise<Colleague[]> {
  return (await users.find(isEnabled, COLLEAGUES)).map(colleague);
}

function colleague(user: UserRecord): Colleague {
  return { uri: (user.sipAddress ?? "").toLowerCase(), displayName: user.displayName };
}

async function fillPage(
  db: Queries,
  tenant: TenantId,
  page: readonly UserRecord[],
  colleagues: readonly Colleague[],
  options: GenerateDataOptions,
): Promise<number> {
  return within(db, async (trx) => {
    const store = new UserDataStore(trx, tenant);
    const homedHere = page.filter((user) => user.registrarPool !== null);
    const known = await store.having(homedHere.map((user) => user.objectId));
    const bare = homedHere.filter((user) => !known.has(user.objectId));
    for (const user of bare) {
      const person = {
        ...colleague(user),
        objectId: user.objectId,
        hasVoice: user.properties["EnterpriseVoiceEnabled"] === true,
        isRich: RICH.has(user.userPrincipalName.toLowerCase()),
      };
      await store.write(user.objectId, generateUserData(person, colleagues, options), options.nowMs, { policies: "keep" });
    }
    return bare.length;
  });
}
