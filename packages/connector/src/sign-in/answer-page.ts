/** The page on which a browser's sign-in ends: one file, no script, nothing fetched, and the code is no longer in sight. */

export interface PageContent {
  signedIn: boolean;
  /** Why not. */
  why?: string;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #16202c; --soft: #5a6777; --paper: #f3f5f8; --card: #fff; --line: #dde3ea; --mark: #0b7a55; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf3; --soft: #9aa8b8; --paper: #10161d; --card: #19212b; --line: #2b3642; --mark: #4cc79b; } }
.no { --mark: #b3261e; } @media (prefers-color-scheme: dark) { .no { --mark: #ff8a80; } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { box-sizing: border-box; width: min(28rem, calc(100vw - 2rem)); padding: 2.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 16px; }
svg { display: block; width: 48px; height: 48px; margin-bottom: 1.25rem; color: var(--mark); }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; } p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
footer { margin-top: 2rem; font-size: .875rem; color: var(--soft); }`;

const TICK = '<path d="M15 25l6.5 6.5L34 18" />';
const CROSS = '<path d="M17 17l14 14M31 17L17 31" />';

export function answerPage({ signedIn, why }: PageContent): string {
  const title = signedIn ? "You are signed in" : "You are not signed in";
  const text = signedIn
    ? "You can close this page and go back to the command line."
    : (why ?? "Go back to the command line and try again.");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} - Tieline</title><style>${STYLE}</style></head>
<body class="${signedIn ? "yes" : "no"}"><main><svg viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="24" cy="24" r="21" />${signedIn ? TICK : CROSS}</svg>
<h1>${title}</h1><p role="status">${escaped(text)}</p><footer>Tieline</footer></main></body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
