/** A client in a process of its own: opens sessions and holds them, times openings, and reads what a command puts out. */
import { readFileSync } from "node:fs";
import { Dialler, NameMap } from "@tieline/net";
import { connect, type Session, type Transport } from "@tieline/remoting";
import type { LabPlaces } from "./lab-process.ts";
import { answerQuestions } from "./peer-process.ts";

export type Way = "https" | "ssh" | "socket";

/** A transport, as it can travel between two processes. */
export interface Target {
  way: Way;
  places: LabPlaces;
  /** Which of the logins. */
  login?: number;
  /** Of the endpoint; default the lab's. */
  path?: string;
}

export interface Reading {
  objects: number;
  seconds: number;
}

const HOST = "localhost";
let dialler: Dialler | undefined;

function transport({ way, places, login = 0, path = "/OcsPowershellLiveId" }: Target): Transport {
  const { user = "", password = "" } = places.logins[login] ?? {};
  if (way === "socket") return { kind: "socket", path: places.socket };
  dialler ??= new Dialler({ names: new NameMap(), tls: { authorities: [readFileSync(places.authorityPath, "utf8")] } });
  if (way === "ssh") {
    return { kind: "ssh", host: HOST, port: places.sshPort, user, password, hostKey: { fingerprint: places.sshFingerprint }, dialler };
  }
  const credential = { kind: "password", user, password } as const;
  return { kind: "wsman", uri: `https://${HOST}:${places.httpsPort}${path}`, dialler, credential, authentication: "Basic" };
}

const held: Session[] = [];

answerQuestions({
  /** Opens sessions and keeps them, some at a time. */
  async hold(targets: readonly Target[], atATime: number): Promise<number> {
    const left = [...targets];
    const began = performance.now();
    await Promise.all(
      Array.from({ length: atATime }, async () => {
        for (let target = left.pop(); target !== undefined; target = left.pop()) held.push(await connect({ transport: transport(target) }));
      }),
    );
    return (performance.now() - began) / 1000;
  },
  held: () => held.filter((session) => session.state === "opened").length,
  /** Milliseconds that each of so many openings took, one after the other; each is closed before the next. */
  async openings(target: Target, count: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      const session = await connect({ transport: transport(target) });
      times.push(performance.now() - began);
      await session.close();
    }
    return times;
  },
  /** Reads all that a command puts out, object by object, keeping none. */
  async read(target: Target, command: string, parameters: Record<string, never>): Promise<Reading> {
    await using session = await connect({ transport: transport(target) });
    const began = performance.now();
    let objects = 0;
    for await (const _value of session.invoke(command, parameters)) objects++;
    return { objects, seconds: (performance.now() - began) / 1000 };
  },
});
