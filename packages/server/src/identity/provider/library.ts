/** The one place where oidc-provider is loaded: when the first sign-in needs it, and without a word on the console. */
import type * as Library from "oidc-provider";

let loading: Promise<typeof Library> | undefined;

/** It warns of each Node release that is not yet called long-term; ours is pinned and tested, so that line is left out. */
export function oidcLibrary(): Promise<typeof Library> {
  loading ??= quietly(() => import("oidc-provider"));
  return loading;
}

async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = (...words: unknown[]): void => {
    if (!String(words[0]).includes("Unsupported runtime")) warn.apply(console, words);
  };
  try {
    return await load();
  } finally {
    console.warn = warn;
  }
}
