/** "My security": everything that an account may see and change of its own sign-in, on one page. */
import type { Fault } from "@tieline/fault";
import type { Account } from "../../directory/index.ts";
import type { AppPassword, Method, MfaState, Offer } from "../factors/index.ts";
import type { SignInEntry } from "../sign-in-log.ts";
import { html, type Content, type Html } from "./html.ts";
import type { PageSession } from "./page-sessions.ts";
import { alert, button, checkbox, field, form } from "./parts.ts";
import { newPasswordFields, type View } from "./sign-in-views.ts";
import { say, sayWhen } from "./words.ts";

export interface AccountFacts {
  secret: string;
  account: Account;
  state: MfaState;
  methods: readonly Method[];
  first: string | null;
  offers: readonly Offer[];
  codesLeft: number;
  apps: readonly AppPassword[];
  appsAllowed: boolean;
  sessions: readonly PageSession[];
  current: string;
  recent: readonly (SignInEntry & { application: string })[];
  saved: boolean;
  fault?: Fault | undefined;
}

export function accountView(facts: AccountFacts): View {
  const { secret, account, fault, saved } = facts;
  const body = html`<div class="top">
      <p>${account.displayName} · ${account.userPrincipalName}</p>
      ${form(secret, button("sign-out", say("account-out"), "plain"))}
    </div>
    ${alert(fault)}${saved && html`<p class="saved" role="status">${say("account-saved")}</p>`}
    ${[methods(facts), codes(facts), apps(facts), password(facts), sessions(facts), recent(facts)]}`;
  return { title: say("account-title"), body };
}

function section(title: Parameters<typeof say>[0], content: Content): Html {
  return html`<section aria-labelledby="${title}">
    <h2 id="${title}">${say(title)}</h2>
    ${content}
  </section>`;
}

function methods({ secret, methods, state, first }: AccountFacts): Html {
  const rows = methods.map(
    (method) =>
      html`<li>
        <div class="what">
          <strong>${method.name}</strong
          ><span>${say(`method-${method.kind}`)} · ${say("added", { when: sayWhen(method.createdMs) })} · ${used(method.usedMs)}</span>
          ${method.methodId === first && html` <span class="tag">${say("account-first")}</span>`}
        </div>
        ${form(secret, [
          method.methodId !== first && named(`first:${method.methodId}`, say("account-make-first"), method.name, "plain"),
          named(`remove:${method.methodId}`, say("remove"), method.name, "danger"),
        ])}
      </li>`,
  );
  return section(
    "account-methods",
    html`<p class="hint">${say(`state-${state}`)}</p>
      ${
        rows.length === 0
          ? html`<p class="hint">${say("account-none")}</p>`
          : html`<ul class="rows">
              ${rows}
            </ul>`
      } <a class="button main" href="/account/add">${say("account-add")}</a>`,
  );
}

function codes({ secret, codesLeft }: AccountFacts): Html {
  const left = html`<p class="hint">${say("account-codes-left", { count: codesLeft })} ${say("account-codes-hint")}</p>`;
  return section("account-codes", [left, form(secret, button("codes", say("account-codes-new"), "plain"))]);
}

function apps({ secret, apps, appsAllowed }: AccountFacts): Html {
  if (!appsAllowed) return section("account-apps", html`<p class="hint">${say("account-apps-off")}</p>`);
  const rows = apps.map(
    (each) =>
      html`<li>
        <div class="what">
          <strong>${each.name}</strong><span>${say("added", { when: sayWhen(each.createdMs) })} · ${used(each.usedMs)}</span>
        </div>
        ${form(secret, named(`revoke:${each.passwordId}`, say("remove"), each.name, "danger"))}
      </li>`,
  );
  return section(
    "account-apps",
    html`<p class="hint">${say("account-apps-hint")}</p>
      ${
        rows.length > 0 &&
        html`<ul class="rows">
          ${rows}
        </ul>`
      }
      ${form(secret, [field({ name: "name", label: say("account-app-name"), maxLength: 60 }), button("app", say("account-app-add"), "plain")].map(submits), { className: "inline" })}`,
  );
}

function password({ account }: AccountFacts): Html {
  const changed =
    account.passwordChangedMs === null
      ? say("account-password-never")
      : say("account-password-changed", { when: sayWhen(account.passwordChangedMs) });
  return section(
    "account-password",
    html`<p class="hint">${changed}</p>
      <a class="button plain" href="/account/password">${say("account-password-button")}</a>`,
  );
}

function sessions({ secret, sessions, current }: AccountFacts): Html {
  const rows = sessions.map(
    (session) =>
      html`<li>
        <div class="what">
          <strong>${session.browser}</strong><span>${session.address} · ${sayWhen(session.authenticatedMs)}</span>
          ${session.sessionId === current && html` <span class="tag">${say("account-this")}</span>`}
        </div>
        ${session.sessionId !== current && form(secret, named(`end:${session.sessionId}`, say("account-end"), session.browser, "danger"))}
      </li>`,
  );
  return section("account-sessions", [
    html`<ul class="rows">
      ${rows}
    </ul>`,
    form(secret, button("end-all", say("account-end-all"), "danger")),
  ]);
}

function recent({ recent }: AccountFacts): Html {
  if (recent.length === 0) return section("account-recent", html`<p class="hint">${say("account-recent-none")}</p>`);
  const rows = recent.map(
    (entry) =>
      html`<tr>
        <td>${sayWhen(entry.atMs)}</td>
        <td>${entry.result === 0 ? say("outcome-good") : say("outcome-bad")}</td>
        <td>${entry.address}</td>
        <td>${entry.application}</td>
      </tr>`,
  );
  const heads = (["time", "outcome", "place", "application"] as const).map((name) => html`<th scope="col">${say(name)}</th>`);
  return section(
    "account-recent",
    html`<div class="scroll" tabindex="0" role="group" aria-label="${say("account-recent")}">
      <table>
        <thead>
          <tr>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`,
  );
}

function used(ms: number | null): string {
  return ms === null ? say("not-used") : say("used", { when: sayWhen(ms) });
}

/** A button that says to a reader of the page which of the rows it is for. */
function named(action: string, label: string, what: string, kind: "plain" | "danger"): Html {
  return html`<button class="${kind}" name="action" value="${action}">${label}<span class="visually-hidden"> (${what})</span></button>`;
}

/** In the form whose field must be filled in, the button must not let it pass empty. */
function submits(part: Html): Html {
  return { ...part, text: part.text.replace(" formnovalidate", "") };
}

/** Shown once: an application password. */
export function appPasswordView(secret: string, name: string, password: string): View {
  const grouped = (password.match(/.{4}/g) ?? [password]).join(" ");
  const body = html`<p class="lead">${say("account-app-shown", { name })}</p>
    <p class="device-code">${grouped}</p>
    <p class="hint">${say("account-app-once")}</p>
    ${form(secret, button("kept", say("done")))}`;
  return { title: say("account-apps"), body };
}

export function passwordChangeView(secret: string, account: Account, fault: Fault | undefined): View {
  const old = field({
    name: "old",
    label: say("old-label"),
    type: "password",
    autocomplete: "current-password",
    autofocus: true,
    maxLength: 1024,
    invalid: fault !== undefined && fault.code !== "password-weak",
  });
  const name = html`<input
    type="text"
    name="username"
    value="${account.userPrincipalName}"
    autocomplete="username"
    class="visually-hidden"
    tabindex="-1"
    aria-hidden="true"
    readonly
  />`;
  const body = html`${alert(fault)}${form(secret, [name, old, ...newPasswordFields(fault, false), checkbox("others", say("others-out"), true), button("change", say("change-button"))])}
    <p class="side"><a href="/account">${say("back")}</a></p>`;
  return { title: say("change-title"), body };
}
