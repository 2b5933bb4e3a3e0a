/** The door of the pages: what the authorization server leads people to, and the addresses that are the pages' own. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import { asFault, Fault } from "@tieline/fault";
import { readForm } from "../exchange.ts";
import type { Factors } from "../factors/index.ts";
import type { Interaction, InteractionEnd, InteractionPages, PageRequest } from "../interaction.ts";
import type { IdentityService } from "../service.ts";
import { accountPages, signedOutPage } from "./account-pages.ts";
import { approvePages } from "./approve-pages.ts";
import { serveAsset } from "./assets.ts";
import { html } from "./html.ts";
import { page } from "./layout.ts";
import { pageContext, type PageContext } from "./page-context.ts";
import { alert, button, field, form, hidden, lead } from "./parts.ts";
import { continueSignIn, showSignIn, signInState, takeSignIn, type SignInEnd, type SignInRequest } from "./sign-in-pages.ts";
import { Visitor } from "./visitor.ts";
import { say } from "./words.ts";

/** The service's own pages, for the authorization server and for the listener. */
export class ServicePages {
  readonly #context: PageContext;
  readonly interactions: InteractionPages;

  constructor(identity: IdentityService, factors: Factors) {
    const context = pageContext(identity, factors);
    this.#context = context;
    this.interactions = interactionPages(context);
  }

  /** `/account`, `/approve` and the files of the pages. */
  serves(request: IncomingMessage): boolean {
    return /^\/(?:account|approve|pages)(?:[/?]|$)/.test(request.url ?? "");
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    void this.#answer(request, response);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const context = this.#context;
    const visitor = new Visitor(request, response, context);
    const correlationId = randomUUID();
    response.setHeader("strict-transport-security", "max-age=31536000");
    try {
      const url = new URL(request.url ?? "/", "https://localhost");
      const [, area = "", rest = ""] = /^\/(\w+)\/?(.*?)\/?$/.exec(url.pathname) ?? [];
      const isPost = request.method === "POST";
      if (!isPost && request.method !== "GET" && request.method !== "HEAD") {
        request.resume();
        return void response.writeHead(405, { allow: "GET, POST", "content-length": 0 }).end();
      }
      const fields = isPost ? await readForm(request) : undefined;
      if (area === "account") return await accountPages(context, visitor, rest, url, fields);
      if (area === "approve") return await approvePages(context, visitor, rest, fields);
      const asset = serveAsset(url.pathname);
      if (asset === undefined) throw new Fault("page-not-found");
      response.removeHeader("set-cookie");
      return visitor.send(asset);
    } catch (error) {
      const fault = asFault(error);
      if (fault.code === "internal" || fault.layer === "store") {
        context.identity.options.log.warn({ correlationId, error: String(error) }, "a page failed");
      }
      request.resume();
      if (response.headersSent) return void response.destroy();
      visitor.send(refusedPage(fault, correlationId));
    }
  }

  /** Takes away what has lapsed. */
  async sweep(): Promise<void> {
    await this.#context.flows.sweep();
    await this.#context.sessions.sweep();
  }
}

function interactionPages(context: PageContext): InteractionPages {
  return {
    interact: (http, interaction, end) => interact(context, http, interaction, end),
    async secondStep({ request, response }, interaction, end, first) {
      const visitor = new Visitor(request, response, context);
      await continueSignIn(context, visitor, requestOf(interaction), endsOf(interaction, end), first);
    },
    askName: (fields, refused) => {
      const name = field({
        name: "login_hint",
        label: say("name-label"),
        hint: say("name-hint"),
        autocomplete: "username",
        autofocus: true,
        invalid: refused !== undefined,
      });
      const body = html`${alert(refused)}
        <form>${hidden(fields)}${name}<button class="main">${say("next")}</button></form>`;
      return page({ title: say("name-title"), body, status: refused === undefined ? 200 : 400 });
    },
    askDeviceCode: ({ userCode, loginHint, needsName }, refused) => {
      const code = field({
        name: "user_code",
        label: say("device-label"),
        value: userCode,
        code: true,
        autofocus: !needsName,
        maxLength: 32,
        invalid: refused !== undefined,
      });
      const name =
        needsName &&
        field({
          name: "login_hint",
          label: say("device-name"),
          value: loginHint,
          hint: say("name-hint"),
          autocomplete: "username",
          autofocus: true,
        });
      const body = html`${lead(say("device-lead"))}${alert(refused)}
        <form action="/device">${code}${name}<button class="main">${say("next")}</button></form>`;
      return page({ title: say("device-title"), body, status: refused === undefined ? 200 : 400 });
    },
    confirmDevice: ({ userCode, displayName, action, fields }) => {
      const body = html`${lead(say("device-confirm-lead", { application: displayName }))}
        <p class="device-code">${userCode}</p>
        <p class="hint">${say("device-warning")}</p>
        <form method="post" action="${action}">
          ${hidden(fields)}<button class="main" name="confirm" value="yes">${say("device-yes")}</button
          ><button class="plain" name="abort" value="yes">${say("device-no")}</button>
        </form>`;
      return page({ title: say("device-confirm-title"), body });
    },
    deviceDone: () => page({ title: say("device-done-title"), body: lead(say("device-done-lead")) }),
    refused: (fault, { correlationId }) => refusedPage(fault, correlationId),
    askSignOut: ({ action, fields }) =>
      page({
        title: say("ask-out-title"),
        body: html`${lead(say("ask-out-lead"))}
          <form method="post" action="${action}">
            ${hidden(fields)}<button class="main" name="logout" value="yes">${say("ask-out")}</button>
          </form>`,
      }),
    signedOut: () => signedOutPage(),
  };
}

async function interact(
  context: PageContext,
  { request, response }: PageRequest,
  interaction: Interaction,
  end: InteractionEnd,
): Promise<void> {
  const visitor = new Visitor(request, response, context);
  try {
    if (interaction.prompt.name === "consent") return await consent(context, visitor, interaction, end);
    const signIn = requestOf(interaction);
    const ends = endsOf(interaction, end);
    if (interaction.step === "state") return await signInState(context, visitor, signIn);
    if (interaction.step !== "") throw new Fault("page-not-found");
    if (request.method !== "POST") return await showSignIn(context, visitor, signIn, ends);
    return await takeSignIn(context, visitor, signIn, ends, interaction.form);
  } catch (error) {
    const fault = asFault(error);
    if (fault.code === "internal" || response.headersSent) throw error;
    visitor.send(refusedPage(fault, interaction.correlationId, interaction.tenant.displayName));
  }
}

function requestOf(interaction: Interaction): SignInRequest {
  return {
    uid: interaction.uid,
    tenant: interaction.tenant,
    application: interaction.client.displayName,
    place: interaction.path,
    loginHint: (interaction.params["login_hint"] ?? "").slice(0, 256),
    formsTo: redirectOrigin(interaction),
  };
}

function endsOf(interaction: Interaction, end: InteractionEnd): SignInEnd {
  return {
    finish: (outcome) => end.finish(outcome),
    note: (name, fault) => end.note(name, fault),
    decline: () => end.decline(new Fault("aadsts-65004", { app: interaction.client.appId })),
  };
}

/** Browsers hold a form to its policy over all redirects that follow, and the last of them leads to the application. */
function redirectOrigin({ params }: Interaction): string[] {
  const address = params["redirect_uri"] ?? "";
  if (!URL.canParse(address)) return [];
  const { protocol, origin } = new URL(address);
  return protocol === "https:" || protocol === "http:" ? [origin] : [];
}

async function consent(context: PageContext, visitor: Visitor, interaction: Interaction, end: InteractionEnd): Promise<void> {
  const { client, tenant, form: fields, path, signedIn } = interaction;
  let fault: Fault | undefined;
  if (visitor.request.method === "POST") {
    try {
      visitor.checkForm(path, fields);
      if (fields.get("action") === "allow") return await end.consent();
      return await end.decline(new Fault("aadsts-65004", { app: client.appId }));
    } catch (error) {
      fault = asFault(error);
      if (fault.code !== "form-refused") throw error;
    }
  }
  const account = signedIn === undefined ? undefined : await context.directory.accounts.get(signedIn.accountId);
  const rights =
    interaction.resources.length === 0
      ? []
      : [say("consent-powershell", { tenant: tenant.displayName, user: account?.userPrincipalName ?? "" })];
  const list = [...rights, say("consent-identity")].map((right) => html`<li>${right}</li>`);
  const body = html`${alert(fault)}${lead(say("consent-lead", { application: client.displayName }))}
    <ul class="grants">
      ${list}
    </ul>
    ${form(visitor.formSecret(path), [button("allow", say("consent-allow")), button("deny", say("consent-deny"), "plain")])}
    <p class="side hint">${say("consent-note")}</p>`;
  visitor.send(
    page({
      title: say("consent-title"),
      body,
      tenant: tenant.displayName,
      formsTo: redirectOrigin(interaction),
      status: fault === undefined ? 200 : 403,
    }),
  );
}

function refusedPage(fault: Fault, correlationId: string, tenant?: string) {
  const body = html`${alert(fault)}
    <p class="ids">
      ${fault.message.startsWith("AADSTS") && html`${/^AADSTS\d+/.exec(fault.message)?.[0] ?? ""}<br />`}${say("fault-ids")}:
      ${correlationId}
    </p>`;
  return page({ title: say("refused-title"), body, tenant, status: fault.entry.http ?? 400 });
}
