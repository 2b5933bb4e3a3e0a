/** What is asked of a provider directly: metadata, keys, tokens. No redirect is followed, and nothing long or slow is taken. */
import { asFault, Fault } from "@tieline/fault";
import { Dialler, get, postForm } from "@tieline/net";

export interface ProviderAnswer {
  status: number;
  /** The JSON in it; undefined where it holds none. */
  document: unknown;
}

/** @throws Fault `federation-provider-unreachable` */
export interface ProviderRequests {
  get(url: URL): Promise<ProviderAnswer>;
  post(url: URL, form: Readonly<Record<string, string>>): Promise<ProviderAnswer>;
}

export interface ProviderRequestsOptions {
  /** Names, proxy and whose certificates are trusted. */
  dialler?: Dialler;
  /** For one question, from the name to the last byte. Default 10,000. */
  timeoutMs?: number;
  /** Default 262,144. */
  maxBodyBytes?: number;
}

export function providerRequests(options: ProviderRequestsOptions = {}): ProviderRequests {
  const { dialler = new Dialler(), timeoutMs = 10_000, maxBodyBytes = 256 * 1024 } = options;
  const limits = { timeoutMs, maxBodyBytes, headers: { accept: "application/json" } };
  const read = async (url: URL, ask: () => ReturnType<typeof get>): Promise<ProviderAnswer> => {
    let answer: Awaited<ReturnType<typeof get>>;
    try {
      answer = await ask();
    } catch (cause) {
      throw new Fault(
        "federation-provider-unreachable",
        { provider: url.host, reason: asFault(cause).message.replace(/\.$/, "") },
        { cause },
      );
    }
    if (answer.status >= 300 && answer.status < 400) {
      throw new Fault("federation-provider-unreachable", {
        provider: url.host,
        reason: `it leads elsewhere (HTTP status ${answer.status})`,
      });
    }
    return { status: answer.status, document: parsed(answer.body) };
  };
  return {
    get: (url) => read(url, () => get(dialler, url, limits)),
    post: (url, form) => read(url, () => postForm(dialler, url, form, limits)),
  };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
