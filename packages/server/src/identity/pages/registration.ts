/** Setting up a method, step by step: the same at the first sign-in and under "My security". */
import { Fault } from "@tieline/fault";
import { cleanName, type Method, type Owner, type VerificationMethod } from "../factors/index.ts";
import { html, type Content } from "./html.ts";
import type { Setup } from "./flows.ts";
import type { PageContext } from "./page-context.ts";
import { button, field, form, hidden, lead, qrCode, waiting } from "./parts.ts";
import { passkeyForm } from "./passkey-form.ts";
import type { Visitor } from "./visitor.ts";
import { say } from "./words.ts";

export interface RegistrationFacts {
  owner: Owner;
  /** The organization's name: what an authenticator app files the account under. */
  issuer: string;
  /** The path of the page, which forms go back to. */
  place: string;
}

/** The page of a step. */
export interface StepView {
  title: string;
  body: Content;
  refreshSeconds?: number;
}

/** What a form led to: another step, a finished method, or back to the choice. */
export type StepResult = { setup: Setup } | { method: Method } | "choice";

type What = Setup["what"];

const CHOICES: readonly {
  what: What;
  needs: readonly VerificationMethod[];
  label: Parameters<typeof say>[0];
  hint: Parameters<typeof say>[0];
}[] = [
  { what: "passkey", needs: ["passkey"], label: "add-passkey", hint: "add-passkey-hint" },
  { what: "code", needs: ["code"], label: "add-code", hint: "add-code-hint" },
  { what: "notification", needs: ["notification"], label: "add-notification", hint: "add-notification-hint" },
  { what: "phone", needs: ["text", "call"], label: "add-phone", hint: "add-phone-hint" },
];

/** The methods that may be set up, as buttons. */
export async function choicesView(context: PageContext, facts: RegistrationFacts, secret: string): Promise<Content> {
  const ways = await context.factors.ways(facts.owner.tenantId);
  const list = CHOICES.filter(({ needs }) => needs.some((way) => ways.includes(way))).map(
    ({ what, label, hint }) =>
      html`<li>
        <button class="choice" name="action" value="setup:${what}">${say(label)}<span>${say(hint)}</span></button>
      </li>`,
  );
  return form(
    secret,
    html`<ul class="choices">
      ${list}
    </ul>`,
  );
}

/** @throws Fault `factor-not-allowed`, `page-input` */
export async function beginSetup(context: PageContext, facts: RegistrationFacts, what: string, visitor: Visitor): Promise<Setup> {
  const { factors } = context;
  const choice = CHOICES.find((each) => each.what === what);
  if (choice === undefined) throw new Fault("page-input", { reason: "it names no method" });
  const ways = await factors.ways(facts.owner.tenantId);
  if (!choice.needs.some((way) => ways.includes(way))) throw new Fault("factor-not-allowed", { what });
  if (choice.what === "code") return { what: "code", challengeId: (await factors.tokens.begin(facts.owner, facts.issuer)).challengeId };
  if (choice.what === "notification") {
    return { what: "notification", challengeId: (await factors.approvers.beginEnrolment(facts.owner)).challengeId };
  }
  if (choice.what === "passkey") {
    const { challenge } = await factors.passkeys.registrationOptions(facts.owner, visitor.party(facts.issuer));
    return { what: "passkey", question: challenge };
  }
  return { what: "phone" };
}

/** @throws Fault `factor-lapsed` */
export async function setupView(context: PageContext, facts: RegistrationFacts, setup: Setup, visitor: Visitor): Promise<StepView> {
  const secret = visitor.formSecret(facts.place);
  const back = html`<div class="side">${button("back", say("back"), "link")}</div>`;
  return VIEWS[setup.what]({ context, facts, setup, visitor, secret, back });
}

interface ViewFacts {
  context: PageContext;
  facts: RegistrationFacts;
  setup: Setup;
  visitor: Visitor;
  secret: string;
  back: Content;
}

const VIEWS: Readonly<Record<What, (facts: ViewFacts) => Promise<StepView>>> = {
  async code({ context, facts, setup, secret, back }) {
    const pending = await context.factors.tokens.shown(facts.owner, setup.challengeId ?? "");
    const body = html`<ol class="steps">
        <li>
          <p>${say("totp-scan")}</p>
          ${qrCode(pending.uri, say("totp-qr"))}
          <details>
            <summary>${say("totp-typed")}</summary>
            <p class="key">${pending.typedKey}</p>
            <p class="hint">${say("totp-details", { user: facts.owner.userPrincipalName })}</p>
          </details>
        </li>
        <li><p>${say("totp-enter")}</p></li>
      </ol>
      ${form(secret, [field({ name: "code", label: say("code-label"), digits: true, code: true, autocomplete: "one-time-code", maxLength: 10 }), button("code", say("verify")), back])}`;
    return { title: say("totp-title"), body };
  },
  async phone({ setup, secret, back }) {
    if (setup.challengeId === undefined) {
      const fields = field({
        name: "phone",
        label: say("phone-label"),
        type: "tel",
        autocomplete: "tel",
        hint: say("phone-hint"),
        autofocus: true,
        maxLength: 40,
      });
      const buttons = [
        html`<button class="main" name="action" value="text">${say("phone-text")}</button>`,
        html`<button class="plain" name="action" value="call">${say("phone-call")}</button>`,
      ];
      return { title: say("phone-title"), body: form(secret, [fields, buttons, back]) };
    }
    const code = field({
      name: "code",
      label: say("code-label"),
      digits: true,
      code: true,
      autocomplete: "one-time-code",
      autofocus: true,
      maxLength: 10,
    });
    return { title: say("phone-code-title"), body: form(secret, [code, button("code", say("verify")), back]) };
  },
  async notification({ context, facts, setup, visitor, secret, back }) {
    const link = await context.factors.approvers.enrolmentShown(facts.owner, setup.challengeId ?? "");
    const address = link === undefined ? undefined : `${visitor.origin}/approve/enrol/${link}`;
    const wait = html`<div data-poll="${facts.place}/state" data-state="waiting" data-over="over">${waiting(say("approver-wait"))}</div>`;
    const body = html`${lead(say("approver-lead"))}
    ${
      address !== undefined &&
      html`${qrCode(address, say("approver-qr"))}
        <p class="address">${address}</p>
        ${wait}`
    }
    ${form(secret, [button("check", say("approver-check"), address === undefined ? "main" : "plain"), back], { id: "over" })}`;
    return { title: say("approver-title"), body, ...(address === undefined ? {} : { refreshSeconds: 5 }) };
  },
  async passkey({ context, facts, setup, visitor, secret, back }) {
    const { options } = await context.factors.passkeys.registrationOptions(facts.owner, visitor.party(facts.issuer));
    const body = html`${lead(say("passkey-create-lead"))}
    ${passkeyForm({ kind: "create", secret, options: { ...options, challenge: setup.question ?? "" }, label: say("passkey-create"), name: visitor.browserName })}
    ${form(secret, back)}`;
    return { title: say("passkey-title"), body };
  },
};

/** The state for a page that polls. */
export async function setupState(context: PageContext, facts: RegistrationFacts, setup: Setup | undefined): Promise<string> {
  if (setup?.what !== "notification") return "none";
  const link = await context.factors.approvers.enrolmentShown(facts.owner, setup.challengeId ?? "").catch(() => undefined);
  return link === undefined ? "done" : "waiting";
}

/** @throws Fault of the factors */
export async function actSetup(
  context: PageContext,
  facts: RegistrationFacts,
  setup: Setup,
  given: { action: string; form: URLSearchParams; visitor: Visitor },
): Promise<StepResult> {
  const { factors } = context;
  const { owner, issuer } = facts;
  const { action, form: fields, visitor } = given;
  if (action === "back") return "choice";
  const code = (fields.get("code") ?? "").slice(0, 32);
  if (setup.what === "code" && action === "code") {
    return { method: await factors.tokens.confirm(owner, setup.challengeId ?? "", code, say("add-code")) };
  }
  if (setup.what === "phone" && (action === "text" || action === "call")) {
    await factors.checkAllowed(owner.tenantId, action);
    const challenge = await factors.phones.begin(owner, (fields.get("phone") ?? "").slice(0, 64), action, issuer);
    return { setup: { what: "phone", challengeId: challenge.challengeId } };
  }
  if (setup.what === "phone" && action === "code") return { method: await factors.phones.confirm(owner, setup.challengeId ?? "", code) };
  if (setup.what === "notification" && action === "check") {
    const state = await setupState(context, facts, setup);
    const method = (await factors.methods.list(owner)).filter((each) => each.kind === "approver").at(-1);
    if (state !== "done" || method === undefined) throw new Fault("factor-wrong", { what: say("approver-not-yet") });
    return { method };
  }
  if (setup.what === "passkey" && action === "passkey") {
    const name = cleanName(fields.get("name") ?? "", visitor.browserName);
    const answer = parsedAnswer(fields);
    return { method: await factors.passkeys.register(owner, visitor.party(issuer), setup.question ?? "", answer, name) };
  }
  throw new Fault("page-input", { reason: "it fits no step of this page" });
}

/** The browser's answer for a passkey; undefined for a text that is none. */
export function parsedAnswer(fields: URLSearchParams): unknown {
  try {
    return JSON.parse(fields.get("answer") ?? "");
  } catch {
    return undefined;
  }
}

/** Fresh recovery codes, on the page that shows them once. */
export async function codesView(context: PageContext, owner: Owner, secret: string): Promise<StepView> {
  const codes = await context.factors.recoveryCodes.replace(owner);
  const list = codes.map((code) => html`<li>${code}</li>`);
  const body = html`${lead(say("codes-lead"))}
    <ul class="codes" aria-label="${say("codes-label")}">
      ${list}
    </ul>
    ${form(secret, [hidden({ shown: "yes" }), button("kept", say("codes-kept"))])}`;
  return { title: say("codes-title"), body };
}
