/** The least that pages must do: forms without script or style, a user name and a password. A deployment has better ones. */
import { Fault } from "@tieline/fault";
import type { Interaction, InteractionEnd, InteractionPages, PageAnswer, PageRequest } from "./interaction.ts";
import type { PasswordJudge } from "./password-judge.ts";
import { asRefusal } from "./refusal.ts";
import type { SecondFactor } from "./second-factor.ts";
import { markupText } from "./markup-text.ts";

export interface PlainPagesOptions {
  judge: PasswordJudge;
  secondFactor: SecondFactor;
  nowMs: () => number;
}

export function plainPages(options: PlainPagesOptions): InteractionPages {
  return {
    interact: (http, interaction, end) => interact(http, interaction, end, options),
    askName: (fields, refused) =>
      page("Sign in", `${alert(refused)}<form>${hidden(fields)}${field("login_hint", "User name")}<button>Next</button></form>`),
    askDeviceCode: ({ userCode, loginHint, needsName }, refused) => {
      const name = needsName ? field("login_hint", "User name", loginHint) : "";
      return page(
        "Enter code",
        `${alert(refused)}<form action="/device">${field("user_code", "Code", userCode)}${name}<button>Next</button></form>`,
      );
    },
    confirmDevice: ({ userCode, displayName, action, fields }) =>
      page(
        "Sign in on your device",
        `<p>Does the device show the code <b>${markupText(userCode)}</b>? It will act for you as ${markupText(displayName)}.</p><form method="post" action="${markupText(action)}">${hidden(fields)}${button("confirm", "Continue")}${button("abort", "Cancel")}</form>`,
      ),
    deviceDone: () => page("Signed in", "<p>You may close this window and go back to the device.</p>"),
    refused: (fault, { correlationId }) =>
      page(
        "Sign-in failed",
        `${alert(fault)}<p>${markupText(fault.cure)}</p><p>Correlation ID: ${markupText(correlationId)}</p>`,
        fault.entry.http ?? 400,
      ),
    askSignOut: ({ action, fields }) =>
      page("Sign out", `<form method="post" action="${markupText(action)}">${hidden(fields)}${button("logout", "Sign out")}</form>`),
    signedOut: () => page("Signed out", "<p>You are signed out.</p>"),
  };
}

async function interact(
  { request, response }: PageRequest,
  interaction: Interaction,
  end: InteractionEnd,
  options: PlainPagesOptions,
): Promise<void> {
  const { form, prompt, address, client, tenant } = interaction;
  const answer = ({ status = 200, headers, body }: PageAnswer): void => void response.writeHead(status, headers).end(body);
  if (request.method !== "POST") return answer(promptPage(interaction, interaction.params["login_hint"] ?? ""));
  if (form.has("cancel")) return end.decline(new Fault("aadsts-65004", { app: client.appId }));
  if (prompt.name === "consent") return end.consent();
  const user = form.get("user") ?? "";
  try {
    const { account } = await options.judge.judge({ user, password: form.get("password") ?? "", address, tenant: tenant.tenantId });
    const demand = await options.secondFactor.demand(account, address);
    const resource = interaction.resources[0] ?? "";
    if (demand === "proof") throw new Fault("aadsts-50076", { resource });
    if (demand === "registration") throw new Fault("aadsts-50079", { resource });
    return await end.finish({ accountId: account.accountId, amr: ["pwd"], authTimeMs: options.nowMs(), remember: false });
  } catch (error) {
    const fault = asRefusal(error);
    if (!fault.code.startsWith("aadsts-50")) throw error;
    await end.note(user, fault);
    return answer(promptPage(interaction, user, fault));
  }
}

function promptPage({ path, prompt, client }: Interaction, user: string, refused?: Fault): PageAnswer {
  const isConsent = prompt.name === "consent";
  const fields = isConsent
    ? `<p>${markupText(client.displayName)} wants to act for you.</p><button>Accept</button>`
    : `${field("user", "User name", user)}<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p><button>Sign in</button>`;
  return page(
    isConsent ? "Consent" : "Sign in",
    `${alert(refused)}<form method="post" action="${markupText(path)}">${fields}${button("cancel", "Cancel")}</form>`,
  );
}

function field(name: string, label: string, value = ""): string {
  return `<p><label>${label} <input name="${name}" value="${markupText(value)}" autocomplete="off"></label></p>`;
}

function button(name: string, label: string): string {
  return `<button name="${name}" value="yes">${label}</button>`;
}

function hidden(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${markupText(name)}" value="${markupText(value)}">`)
    .join("");
}

function alert(fault: Fault | undefined): string {
  return fault === undefined ? "" : `<p role="alert">${markupText(fault.message)}</p>`;
}

/** Nothing of a sign-in page is kept, framed, or sent elsewhere. */
function page(title: string, body: string, status = 200): PageAnswer {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${markupText(title)}</title><h1>${markupText(title)}</h1>${body}</html>`,
  };
}
