/**
 * Forged tokens, web tickets, assertions of clients and of SAML against a running lab: none is believed, whatever the trick.
 *
 *     TIELINE_FORGERIES=10000 TIELINE_SEED=x npm run interop forgery
 */
import assert from "node:assert/strict";
import { cases, type Driver } from "./driver.ts";
import { Chance } from "./fuzz/chance.ts";
import { FORGERY_DOORS } from "./fuzz/forgery-doors.ts";
import { Service } from "./fuzz/service.ts";

const FORGERIES = Number(process.env["TIELINE_FORGERIES"] ?? 2000);
const SEED = process.env["TIELINE_SEED"] ?? "forgery";
const AT_A_TIME = 8;

async function run() {
  await using service = await Service.start();
  const weights = FORGERY_DOORS.reduce((sum, { weight }) => sum + weight, 0);
  return await cases(
    FORGERY_DOORS.map(
      (door) =>
        [
          door.name,
          async () => {
            const count = Math.ceil((FORGERIES * door.weight) / weights);
            let next = 0;
            let same = 0;
            const worker = async (): Promise<void> => {
              for (let i = next++; i < count; i = next++) {
                if ((await door.run(service, new Chance(`${SEED}/${door.name}/${i}`))) === "accepted") same += 1;
              }
            };
            await Promise.all(Array.from({ length: AT_A_TIME }, worker));
            assert.equal(service.said, "");
            console.log(`          ${count} forgeries, none believed; ${same} said what was signed, in another spelling`);
          },
        ] as const,
    ),
    900_000,
  );
}

export const driver: Driver = { name: "forgery", needs: () => undefined, run };
