/** The pieces that pages are made of. */
import type { Fault } from "@tieline/fault";
import { encode } from "uqr";
import { flag, html, raw, type Content, type Html } from "./html.ts";
import { say } from "./words.ts";

export interface Field {
  name: string;
  label: string;
  type?: "text" | "password" | "email" | "tel";
  value?: string;
  hint?: string;
  autocomplete?: string;
  /** Digits alone are typed. */
  digits?: boolean;
  autofocus?: boolean;
  optional?: boolean;
  maxLength?: number;
  invalid?: boolean;
  /** Wide letters, for codes. */
  code?: boolean;
}

/** An input under its label; the hint and the error of the page belong to it. */
export function field(options: Field): Html {
  const { name, label, type = "text", value = "", hint, autocomplete = "off", digits, invalid } = options;
  const described = [hint === undefined ? "" : `${name}-hint`, invalid === true ? "error" : ""].filter((id) => id !== "").join(" ");
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value}"
      autocomplete="${autocomplete}"
      maxlength="${options.maxLength ?? 256}"
      autocapitalize="none"
      spellcheck="false"
      ${digits === true && raw(' inputmode="numeric"')}${options.code === true && raw(' class="code"')}${flag("required", options.optional !== true)}${flag("autofocus", options.autofocus)}${invalid === true && raw(' aria-invalid="true"')}${described !== "" && html` aria-describedby="${described}"`}
    />
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
  </div>`;
}

export function checkbox(name: string, label: string, checked = false): Html {
  return html`<label class="check"
    ><input type="checkbox" name="${name}" value="yes" ${flag("checked", checked)} /><span>${label}</span></label
  >`;
}

/** A button that sends its form with this action. */
export function button(action: string, label: string, kind: "main" | "plain" | "danger" | "link" = "main"): Html {
  // What leaves the page must not be held up by fields that are empty.
  return html`<button class="${kind}" name="action" value="${action}" ${flag("formnovalidate", kind === "link" || kind === "plain")}>
    ${label}
  </button>`;
}

export function hidden(fields: Readonly<Record<string, string>>): Html[] {
  return Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`);
}

/** A form by POST to this page itself or to `to`, with the secret that shows that it is ours. */
export function form(secret: string, content: Content, options: { to?: string; className?: string; id?: string } = {}): Html {
  const { to, className, id } = options;
  return html`<form
    method="post"
    ${to !== undefined && html` action="${to}"`}${className !== undefined && html` class="${className}"`}${id !== undefined && html` id="${id}"`}
  >
    ${hidden({ form: secret })}${content}
  </form>`;
}

/** What went wrong, read out at once. */
export function alert(fault: Fault | undefined): Content {
  return (
    fault !== undefined &&
    html`<div class="alert" role="alert" id="error">
      <p>${spoken(fault)}</p>
      <p class="cure">${fault.cure}</p>
    </div>`
  );
}

/** A fault's text as people who are no administrators should read it: without its number in front. */
function spoken(fault: Fault): string {
  return fault.message.replace(/^AADSTS\d+: /, "");
}

export function lead(text: Content): Html {
  return html`<p class="lead">${text}</p>`;
}

/** A live region, for what changes while one waits. */
export function waiting(text: string): Html {
  return html`<p class="waiting" role="status" aria-live="polite"><span class="pulse" aria-hidden="true"></span>${text}</p>`;
}

/** A QR code (ISO/IEC 18004) as one path, dark on light whatever the page's colours are. */
export function qrCode(text: string, label: string): Html {
  const { data, size } = encode(text, { ecc: "M", border: 3 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return raw(
    html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">
      <rect class="light" width="100%" height="100%" />
      <path class="dark" d="${path}" />
    </svg>`.text,
  );
}

/** Who is signing in, with the way to be somebody else. */
export function identityLine(secret: string, user: string): Html {
  const start = html`<span class="who-name">${user}</span>`;
  return form(
    secret,
    html`<span class="visually-hidden">${say("signing", { user: "" })}</span>${start}${button("restart", say("other-account"), "link")}`,
    {
      className: "who",
    },
  );
}
