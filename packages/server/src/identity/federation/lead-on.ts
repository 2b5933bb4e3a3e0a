/**
 * A page that leads on by itself. Between providers browsers are not redirected: what began with a form would be a form's
 * still, and a browser lets a form lead only where its page says (CSP 3, form-action), however many redirects lie between.
 */
import type { PageAnswer } from "../interaction.ts";
import { markupText } from "../markup-text.ts";

/** @param where to, as the person may read it */
export function leadOn(location: string, where: string): PageAnswer {
  const to = markupText(location);
  return {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${to}"><title>Sign in</title><p>Going on to ${markupText(where)}. <a href="${to}">Continue</a></p></html>`,
  };
}
