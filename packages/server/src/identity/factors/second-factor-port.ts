/** The factors as the authorization server and the endpoint ask for them. */
import type { FactorDemand, SecondFactor } from "../second-factor.ts";
import type { Factors } from "./factors.ts";
import type { Demand } from "./state.ts";

const AS_PORT: Readonly<Record<Demand, FactorDemand>> = {
  none: "none",
  verify: "proof",
  register: "registration",
  "app-password": "proof",
};

export function secondFactorOf(factors: Factors): SecondFactor {
  return {
    demand: async (account, address, client = "program") => AS_PORT[await factors.requiresMfa(account, address, client)],
    renewal: async (account, { amr, authTimeMs, address }) => {
      if (amr.includes("mfa") || (await factors.requiresMfa(account, address)) !== "verify") return "none";
      const { registeredMs } = await factors.accounts.get(account);
      return registeredMs !== null && authTimeMs < registeredMs ? "proof" : "none";
    },
    appPassword: async (account, password) => (await factors.acceptsLegacy(account, password, "")) === "accepted",
  };
}
