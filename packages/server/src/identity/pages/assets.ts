/** The stylesheet and the one script of the pages: files of this package, served under names that hold their hash. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { PageAnswer } from "../interaction.ts";

const FOLDER = new URL("../../../assets/", import.meta.url);

interface Asset {
  path: string;
  type: string;
  body: string;
}

function asset(name: string, type: string): Asset {
  const body = readFileSync(new URL(name, FOLDER), "utf8");
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
  return { path: `/pages/${name.replace(".", `.${hash}.`)}`, type, body };
}

export const STYLE = asset("pages.css", "text/css; charset=utf-8");
export const SCRIPT = asset("pages.js", "text/javascript; charset=utf-8");

/** Undefined for another address. */
export function serveAsset(path: string): PageAnswer | undefined {
  const found = [STYLE, SCRIPT].find((each) => each.path === path);
  if (found === undefined) return undefined;
  const headers = {
    "content-type": found.type,
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
  };
  return { status: 200, headers, body: found.body };
}
