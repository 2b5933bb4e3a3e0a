/** A session that lasts, behind the bridge: to the PowerShell in front it is one session, however many shells come and go. */
import { Fault } from "@tieline/fault";
import type { LastingSession } from "../life/lasting-session.ts";
import type { BridgeSession } from "./bridge-session.ts";

/** `reconnection` false: the session in front ends with the shell behind. */
export function lastingBehind(session: LastingSession, reconnection = true): BridgeSession {
  const closed = Promise.withResolvers<Fault | undefined>();
  const end = (): void => closed.resolve(session.fault ?? new Fault("session-closed"));
  if (!reconnection) void session.over.then(end);
  return {
    get applicationPrivateData() {
      return session.applicationPrivateData;
    },
    over: closed.promise,
    run: (spec, options) => session.run(spec, options),
    queryCommands: (query, options) => session.queryCommands(query, options),
    resetRunspace: () => session.resetRunspace(),
    async close() {
      await session.close();
      end();
    },
  };
}
