/** The means of a sign-in over the connection's one dialler. */
import { setTimeout as delay } from "node:timers/promises";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { destinationOf, get, postForm, type Dialler } from "@tieline/net";
import { ClockWatch } from "./clock-watch.ts";
import type { SignInMeans } from "./means.ts";
import type { SignInWish } from "./sign-in-wish.ts";

/** Answers of an authority are small: what is larger comes from something else. */
const LARGEST_ANSWER = 256 * 1024;

export interface Under {
  dialler: Dialler;
  signal?: AbortSignal | undefined;
  say?: (words: string) => void;
}

export function meansOf(wish: SignInWish, { dialler, signal, say = () => undefined }: Under, clock = new ClockWatch()): SignInMeans {
  const { sources = SYSTEM_SOURCES, person } = wish;
  const options = { maxBodyBytes: LARGEST_ANSWER, ...(signal === undefined ? {} : { signal }) };
  return {
    sources,
    person,
    clock,
    signal,
    say,
    wait: wish.wait ?? waited,
    forBrowser: (address) => forBrowser(address, dialler),
    async post(url, form, headers) {
      if (url.protocol !== "https:") throw new Fault("authority-unusable", { authority: url.origin, what: "it is not protected by TLS" });
      const answer = await postForm(dialler, url, form, { ...options, headers });
      clock.note(url.host, answer.headers, sources.nowMs());
      return answer;
    },
    async get(url) {
      const answer = await get(dialler, url, { ...options, headers: { accept: "application/json" } });
      clock.note(url.host, answer.headers, sources.nowMs());
      return answer;
    },
  };
}

/** A browser has no name map: what lives at another place on this machine is opened there, as `localhost`. */
export function forBrowser(address: URL, dialler: Pick<Dialler, "names">): URL {
  const { host, port } = destinationOf(address);
  const place = dialler.names.find({ host, port });
  if (place.host === host && place.port === port) return address;
  const mapped = new URL(address);
  mapped.hostname = ["127.0.0.1", "::1"].includes(place.host) ? "localhost" : place.host;
  mapped.port = String(place.port);
  return mapped;
}

async function waited(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw new Fault("interrupted", {}, { cause: error });
  }
}
