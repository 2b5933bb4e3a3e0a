/** The form that the script fills with a passkey's answer. */
import type { JsonRecord } from "../../store/index.ts";
import { html, type Html } from "./html.ts";
import { field, hidden } from "./parts.ts";
import { say } from "./words.ts";

export interface PasskeyFormFacts {
  kind: "create" | "get";
  secret: string;
  options: JsonRecord;
  label: string;
  /** Asks for a name for it, beginning with this one. */
  name?: string;
  /** How weighty its button is. */
  weight?: "main" | "plain";
}

export function passkeyForm(facts: PasskeyFormFacts): Html {
  const { kind, secret, options, label, name, weight = "main" } = facts;
  const failed = "The browser gave no passkey. Try again, or choose another way.";
  return html`<form method="post" data-passkey="${kind}" data-options="${JSON.stringify(options)}" data-failed="${failed}">
    ${hidden({ form: secret, answer: "" })}
    <p class="hint" data-no-script>${say("passkey-script")}</p>
    <div data-script hidden>
      ${name !== undefined && field({ name: "name", label: say("name-of-method"), value: name, maxLength: 60, optional: true })}
      <p class="hint" role="status" aria-live="assertive" data-failure></p>
      <button class="${weight}" name="action" value="passkey">${label}</button>
    </div>
  </form>`;
}
