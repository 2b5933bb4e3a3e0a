/** Seats: how many sessions this account holds, and whether one more would be let in. */
import { isFault } from "@tieline/fault";
import { listShells } from "@tieline/remoting";
import type { Check } from "../examination.ts";
import { failed, ok, skipped } from "../finding.ts";

/** What the service allowed an account (founding document 003). */
const USUAL_SEATS = 3;

export const quota: Check = {
  name: "quota",
  title: "Sessions held",
  after: ["session"],
  async run({ learnt, signal }) {
    const { transport, refusal } = learnt;
    if (transport === undefined) return [skipped("limit", "Without a credential one's own sessions cannot be listed.")];
    const refused = isFault(refusal) && (refusal.is("shell-quota-user") || refusal.is("shell-quota-tenant")) ? refusal : undefined;
    try {
      const shells = await listShells(transport, { signal });
      const evidence = shells.map(
        ({ shellId, name, state, clientIp }) =>
          `${shellId} ${name ?? "without a name"}, ${state ?? "state unknown"}${clientIp === undefined ? "" : `, from ${clientIp}`}`,
      );
      if (refused !== undefined) return [failed(refused, [`${shells.length} of this account's sessions are open`, ...evidence])];
      const left = Math.max(0, USUAL_SEATS - shells.length);
      const text = `This account holds ${shells.length} of usually ${USUAL_SEATS} sessions.`;
      if (left > 0) return [ok("limit", text, evidence)];
      return [
        {
          verdict: "warning",
          layer: "limit",
          text,
          evidence,
          cure: "Close those that nobody uses: tieline sessions close --user ACCOUNT all.",
        },
      ];
    } catch (error) {
      return [refused === undefined ? failed(error) : failed(refused)];
    }
  },
};
