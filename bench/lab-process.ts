/** The lab in a process of its own. Arguments: its folder, the number of users. Shells are counted, and not limited. */
import { join } from "node:path";
import { startLab } from "@tieline/server";
import { answerQuestions } from "./peer-process.ts";

/** What a client needs to reach it. */
export interface LabPlaces {
  httpsPort: number;
  sshPort: number;
  sshFingerprint: string;
  socket: string;
  authorityPath: string;
  logins: readonly { user: string; password: string }[];
}

const [folder = "", users = "10"] = process.argv.slice(2);
const lab = await startLab({ folder, users: Number(users), limits: { perUser: 100_000, perTenant: 100_000, budget: "off" } });
answerQuestions(
  {
    places(): LabPlaces {
      const { ports, sshFingerprint, sockets, authority } = lab.description;
      return {
        httpsPort: ports["online-https"] ?? 0,
        sshPort: ports["online-ssh"] ?? 0,
        sshFingerprint: sshFingerprint ?? "",
        socket: sockets?.[0]?.path ?? "",
        authorityPath: join(folder, authority),
        // One of each tenant; both may use every cmdlet.
        logins: lab.logins
          .filter(({ user }) => /^admin@(contoso|fabrikam)\.com$/.test(user))
          .map(({ user, password }) => ({ user, password })),
      };
    },
    sessions: () => lab.sessionCount(),
  },
  async () => lab[Symbol.asyncDispose](),
);
