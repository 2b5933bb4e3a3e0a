/**
 * Sessions at both sites of a lab, as the readers of the founding documents had them side by side: lines of theirs are sent to
 * one of the two as they stand, and where a user is homed is asked of both.
 */
import { join } from "node:path";
import {
  diallerFor,
  hostedMigrationToken,
  memoryStore,
  openConnection,
  PowerShellError,
  TokenCache,
  type Host,
  type Session,
  type SignInWish,
  type Wish,
} from "@tieline/connector";
import { structureOrThrow } from "@tieline/language";
import { PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";
import { LabSecrets, type RunningLab } from "@tieline/server";
import { ADMIN } from "./founding-lab.fixture.ts";

const DEPLOYMENT_ADMIN = "administrator@contoso.local";
const POOL_URI = "https://pool01.contoso.local/OcsPowershell";

export type SiteName = "pool" | "online";
export type Variables = Readonly<Record<string, PsValue>>;

export interface Said {
  output: PsValue[];
  /** `FullyQualifiedErrorId: text`, also of the one that ended it. */
  errors: string[];
  warnings: string[];
  verbose: string[];
  /** Captions and messages of `-Confirm` that were answered. */
  prompts: string[];
}

export class TwoSites implements AsyncDisposable {
  readonly #lab: RunningLab;
  readonly #sessions = new Map<SiteName, Promise<Session>>();
  readonly #prompts: string[] = [];

  constructor(lab: RunningLab) {
    this.#lab = lab;
  }

  /** Opened when it is needed; whoever sits before it says yes to each question. */
  #session(site: SiteName): Promise<Session> {
    const before = this.#sessions.get(site);
    if (before !== undefined) return before;
    const host: Host = {
      methods: {
        PromptForChoice: ([caption, message]) => {
          this.#prompts.push(`${caption}: ${message}`);
          return 0;
        },
      },
    };
    const user = site === "pool" ? DEPLOYMENT_ADMIN : ADMIN;
    const password = passwordIn(this.#lab, user);
    const wish: Wish = {
      user,
      ...(site === "pool" ? { targetUri: POOL_URI } : {}),
      authentication: "default",
      signIn: signInOf(password),
      credential: async () => ({ kind: "password", user, password }),
    };
    const opened = openConnection(wish, { dialler: diallerOf(this.#lab), host }).then(({ session }) => session);
    this.#sessions.set(site, opened);
    return opened;
  }

  /** What `Get-Credential` gives for an account of the lab. */
  credential(user = ADMIN): PsObject {
    return new PsObject({
      typeNames: ["System.Management.Automation.PSCredential", "System.Object"],
      text: "System.Management.Automation.PSCredential",
    })
      .set("UserName", user, "adapted")
      .set("Password", new SecureString(passwordIn(this.#lab, user)), "adapted");
  }

  /** A line at one site, with the variables of the lines before it. */
  async run(site: SiteName, line: string, variables: Variables = {}): Promise<Said> {
    const said: Said = { output: [], errors: [], warnings: [], verbose: [], prompts: [] };
    const asked = this.#prompts.length;
    try {
      for await (const item of (await this.#session(site)).run({ statements: structureOrThrow(line, { variables }) }, {})) {
        if (item.stream === "output") said.output.push(item.value);
        if (item.stream === "error") said.errors.push(`${item.record.fullyQualifiedErrorId}: ${item.record.text}`);
        if (item.stream === "warning") said.warnings.push(item.record.message ?? "");
        if (item.stream === "verbose") said.verbose.push(item.record.message ?? "");
      }
    } catch (error) {
      if (!(error instanceof PowerShellError)) throw error;
      said.errors.push(`${error.fullyQualifiedErrorId}: ${error.message}`);
    }
    said.prompts.push(...this.#prompts.slice(asked));
    return said;
  }

  /** The named properties of what a line puts out, as texts. @throws Error where it had errors */
  async read(site: SiteName, line: string, ...properties: string[]): Promise<string[][]> {
    const { output, errors } = await this.run(site, line);
    if (errors.length > 0) throw new Error(`${line}: ${errors.join("; ")}`);
    return output.map((each) => properties.map((name) => String((each instanceof PsObject ? each.get(name) : undefined) ?? "")));
  }

  /** HostingProvider and RegistrarPool at the pool, HostingProvider and InterpretedUserType online. */
  async homing(identity: string): Promise<Record<SiteName, string[] | undefined>> {
    const [pool] = await this.read("pool", `Get-CsUser -Identity ${identity}`, "HostingProvider", "RegistrarPool");
    const [online] = await this.read("online", `Get-CsOnlineUser -Identity ${identity}`, "HostingProvider", "InterpretedUserType");
    return { pool, online };
  }

  /** What the module gets for -UseOAuth on the machine where it runs. @param open the browser of whoever sits there; left out, a program signs in with the password */
  token(url: string, open?: (address: URL) => Promise<boolean>): ReturnType<typeof hostedMigrationToken> {
    const signIn = signInOf(passwordIn(this.#lab, ADMIN));
    const attended: SignInWish = {
      ...signIn,
      given: {},
      person: { attends: true, tell: () => undefined, ...(open === undefined ? {} : { open }) },
    };
    return hostedMigrationToken({ url, user: ADMIN, signIn: open === undefined ? signIn : attended }, { dialler: diallerOf(this.#lab) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(async (session) => (await session).close()));
  }
}

function passwordIn({ folder }: RunningLab, user: string): string {
  return LabSecrets.open(folder).password(user) ?? "";
}

function signInOf(password: string): SignInWish {
  return {
    given: { password: () => password },
    person: { attends: false, tell: () => undefined },
    cache: () => new TokenCache(memoryStore()),
  };
}

function diallerOf({ folder, description }: RunningLab) {
  const { names, authority } = description;
  return diallerFor({ connectTo: names, caFiles: [join(folder, authority)], insecure: false, proxy: "none", environment: {} });
}
