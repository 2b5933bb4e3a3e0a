/** The pages of a sign-in: name, password, second factor, new password. Each is a function of what it shows. */
import type { Fault } from "@tieline/fault";
import type { JsonRecord } from "../../store/index.ts";
import { maskedPhone, type Offer } from "../factors/index.ts";
import { html, type Content, type Html } from "./html.ts";
import type { FlowState } from "./flows.ts";
import { alert, button, checkbox, field, form, identityLine, lead, waiting } from "./parts.ts";
import { passkeyForm } from "./passkey-form.ts";
import { MIN_PASSWORD } from "../password-rule.ts";
import { say } from "./words.ts";

export interface View {
  title: string;
  body: Content;
  refreshSeconds?: number;
  formsTo?: readonly string[];
}

export function nameView(facts: {
  secret: string;
  application: string;
  user: string;
  passkey: JsonRecord | undefined;
  fault?: Fault | undefined;
}): View {
  const { secret, application, user, passkey, fault } = facts;
  const name = field({
    name: "user",
    label: say("name-label"),
    value: user,
    hint: say("name-hint"),
    autocomplete: "username webauthn",
    autofocus: true,
    invalid: fault !== undefined,
  });
  const body = html`${lead(say("name-lead", { application }))}${alert(fault)} ${form(secret, [name, button("next", say("next"))])}
  ${passkeyInstead(secret, passkey)} ${form(secret, button("cancel", say("cancel"), "link"), { className: "side" })}`;
  return { title: say("name-title"), body };
}

/** A passkey in the place of what the page asks for; unseen where there is no script. */
function passkeyInstead(secret: string, passkey: JsonRecord | undefined): Content {
  if (passkey === undefined) return undefined;
  return html`<div class="instead" data-needs-script hidden>
    <p class="or">${say("or")}</p>
    ${passkeyForm({ kind: "get", secret, options: passkey, label: say("passkey-button"), weight: "plain" })}
  </div>`;
}

export function passwordView(facts: { secret: string; user: string; passkey: JsonRecord | undefined; fault?: Fault | undefined }): View {
  const { secret, user, passkey, fault } = facts;
  const password = field({
    name: "password",
    label: say("password-label"),
    type: "password",
    autocomplete: "current-password",
    autofocus: true,
    maxLength: 1024,
    invalid: fault !== undefined,
  });
  // The name once more, unseen, so that a password store finds what it belongs to.
  const name = html`<input
    type="text"
    name="username"
    value="${user}"
    autocomplete="username"
    class="visually-hidden"
    tabindex="-1"
    aria-hidden="true"
    readonly
  />`;
  const body = html`${identityLine(secret, user)}${alert(fault)}
  ${form(secret, [name, password, checkbox("keep", say("keep-label")), button("password", say("sign-in"))])}
  ${passkeyInstead(secret, passkey)} ${form(secret, button("cancel", say("cancel"), "link"), { className: "side" })}`;
  return { title: say("password-title"), body };
}

export function changeView(facts: { secret: string; user: string; fault?: Fault | undefined }): View {
  const { secret, user, fault } = facts;
  const body = html`${identityLine(secret, user)}${lead(say("change-lead"))}${alert(fault)}
  ${form(secret, [...newPasswordFields(fault), button("change", say("change-button"))])}`;
  return { title: say("change-title"), body };
}

export function newPasswordFields(fault: Fault | undefined, autofocus = true): Html[] {
  const common = { type: "password", autocomplete: "new-password", maxLength: 256 } as const;
  const isWeak = fault?.code === "password-weak";
  return [
    field({
      ...common,
      name: "new",
      label: say("new-label"),
      hint: say("change-rules", { minimum: MIN_PASSWORD }),
      autofocus,
      invalid: isWeak,
    }),
    field({ ...common, name: "again", label: say("again-label") }),
  ];
}

export interface VerifyFacts {
  secret: string;
  user: string;
  /** The path of the page. */
  place: string;
  state: FlowState;
  offers: readonly Offer[];
  hasRecoveryCodes: boolean;
  /** 0: browsers are not remembered. */
  rememberDays: number;
  /** The number to be typed on the phone, and how the request stands. */
  approval?: { number: string; state: string; address: string } | undefined;
  passkey?: JsonRecord | undefined;
  fault?: Fault | undefined;
}

export function verifyView(facts: VerifyFacts): View {
  const { secret, user, state, offers, fault } = facts;
  const way = state.way ?? "recovery";
  const body = html`${identityLine(secret, user)}${alert(fault)}${WAYS[way](facts)}${otherWays(facts)}
  ${form(secret, button("cancel", say("cancel"), "link"), { className: "side" })}`;
  const isWaiting = way === "notification" && facts.approval?.state === "waiting";
  return { title: offers.length === 0 ? say("verify-title") : say("verify-title"), body, ...(isWaiting ? { refreshSeconds: 5 } : {}) };
}

const WAYS: Readonly<Record<NonNullable<FlowState["way"]>, (facts: VerifyFacts) => Html>> = {
  code: (facts) => html`${lead(say("code-lead"))}${codeForm(facts)}`,
  text: messageForm,
  call: messageForm,
  recovery: (facts) =>
    html`${lead(say("recovery-lead"))}${form(facts.secret, [
      field({ name: "code", label: say("recovery-label"), code: true, autofocus: true, maxLength: 40, invalid: facts.fault !== undefined }),
      button("verify", say("verify")),
    ])}`,
  passkey: ({ secret, passkey = {} }) =>
    html`${lead(say("passkey-lead"))}${passkeyForm({ kind: "get", secret, options: passkey, label: say("way-passkey") })}`,
  notification: ({ secret, approval, place, rememberDays }) =>
    approval === undefined
      ? html`<div class="block">${form(secret, button("again", say("send-again")))}</div>`
      : html`${lead(say("approve-lead"))}
          <p class="number" aria-label="${say("phone-page-number")}: ${approval.number}">${approval.number}</p>
          <p class="hint">${say("approve-where", { address: approval.address })}</p>
          ${approval.state === "waiting" && html`<div data-poll="${place}/state" data-state="waiting" data-over="over">${waiting(say("approve-wait"))}</div>`}
          ${form(secret, [rememberBox(rememberDays), button("verify", say("approve-check"), approval.state === "waiting" ? "plain" : "main")], { id: "over" })}`,
};

function codeForm({ secret, rememberDays, fault }: VerifyFacts, more?: Content): Html {
  const code = field({
    name: "code",
    label: say("code-label"),
    digits: true,
    code: true,
    autocomplete: "one-time-code",
    autofocus: true,
    maxLength: 10,
    invalid: fault !== undefined,
  });
  return form(secret, [code, rememberBox(rememberDays), button("verify", say("verify")), more]);
}

function messageForm(facts: VerifyFacts): Html {
  const { state, offers } = facts;
  const name = offers.find((offer) => offer.methodId === state.methodId)?.name ?? maskedPhone("+");
  const words = state.way === "call" ? "message-lead-call" : "message-lead-text";
  if (state.challengeId === undefined) return html`<div class="block">${form(facts.secret, button("again", say("send-again")))}</div>`;
  return html`${lead(say(words, { name }))}${codeForm(facts, html`<div class="side">${button("again", say("send-again"), "link")}</div>`)}`;
}

function rememberBox(days: number): Content {
  return days > 0 && checkbox("remember", say("remember-label", { days }));
}

function otherWays({ secret, state, offers, hasRecoveryCodes }: VerifyFacts): Content {
  const others = offers.filter((offer) => offer.way !== state.way || (offer.methodId !== state.methodId && offer.way !== "code"));
  const seen = new Set<string>();
  const rows = others.flatMap((offer) => {
    const label = say(`way-${offer.way}`, { name: offer.name });
    if (seen.has(label)) return [];
    seen.add(label);
    return [choice(`choose:${offer.way}:${offer.methodId}`, label)];
  });
  if (hasRecoveryCodes && state.way !== "recovery") rows.push(choice("choose:recovery:", say("way-recovery")));
  if (rows.length === 0) return undefined;
  return html`<details class="block more">
    <summary>${say("verify-more")}</summary>
    ${form(
      secret,
      html`<ul class="choices">
        ${rows}
      </ul>`,
    )}
  </details>`;
}

function choice(action: string, label: string): Html {
  return html`<li><button class="choice" name="action" value="${action}" formnovalidate>${label}</button></li>`;
}
