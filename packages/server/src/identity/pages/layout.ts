/** The frame of every page: head, brand, the organization's name, the card; and the headers under which it is sent. */
import type { PageAnswer } from "../interaction.ts";
import { SCRIPT, STYLE } from "./assets.ts";
import { html, raw, type Content } from "./html.ts";
import { say } from "./words.ts";

export interface PageParts {
  title: string;
  body: Content;
  /** The organization's name; left out where none is known yet. */
  tenant?: string | undefined;
  status?: number;
  /** Seconds after which the browser loads the page again by itself. */
  refreshSeconds?: number;
  /** Where a form may lead besides this service: the application's own address. */
  formsTo?: readonly string[];
  /** A page with lists instead of one question. */
  wide?: boolean;
  headers?: Readonly<Record<string, string>>;
}

/** Two ends and the line between them. */
const MARK = raw(
  `<svg class="mark" viewBox="0 0 40 16" width="40" height="16" aria-hidden="true" focusable="false"><path d="M8 8h24" /><circle cx="8" cy="8" r="5" /><circle class="far" cx="32" cy="8" r="5" /></svg>`,
);

/** Nothing of a page is kept, framed, or sent elsewhere; nothing runs in it but our one script. */
function policy(formsTo: readonly string[]): string {
  const forms = ["'self'", ...formsTo].join(" ");
  return `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`;
}

export function page(parts: PageParts): PageAnswer {
  const { title, body, tenant, status = 200, refreshSeconds, formsTo = [], wide = false } = parts;
  const text = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${refreshSeconds !== undefined && html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}" /></noscript>`}
        <title>${title} - ${tenant ?? say("product")}</title>
        <link rel="stylesheet" href="${STYLE.path}" />
        <script type="module" src="${SCRIPT.path}"></script>
      </head>
      <body>
        <a class="skip" href="#main">${say("skip")}</a>
        <div class="frame${wide ? " wide" : ""}">
          <header>${MARK}<span class="brand">${tenant ?? say("product")}</span></header>
          <main id="main" tabindex="-1">
            <h1>${title}</h1>
            ${body}
          </main>
          <footer>${say("product")}</footer>
        </div>
      </body>
    </html> `.text;
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": policy(formsTo),
      "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(), microphone=(), geolocation=()",
      // Not `no-referrer`: then browsers would send forms without their origin, which is checked.
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      ...parts.headers,
    },
    body: text,
  };
}
