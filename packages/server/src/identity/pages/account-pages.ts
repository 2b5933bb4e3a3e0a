/** `/account`: who is signed in sees and changes how they sign in; who is not, signs in first. */
import { asFault, Fault, isFault } from "@tieline/fault";
import { tenantId, type Account } from "../../directory/index.ts";
import { drawSecret, type Owner } from "../factors/index.ts";
import type { SignInEntry } from "../sign-in-log.ts";
import { accountView, appPasswordView, passwordChangeView } from "./account-views.ts";
import type { Flow } from "./flows.ts";
import { page } from "./layout.ts";
import type { PageContext } from "./page-context.ts";
import { FRESH_MS, type PageSession } from "./page-sessions.ts";
import { alert, field, form, button, lead } from "./parts.ts";
import { html } from "./html.ts";
import { setNewPassword } from "./password-rules.ts";
import { actSetup, beginSetup, choicesView, codesView, setupState, setupView, type RegistrationFacts } from "./registration.ts";
import { showSignIn, signInState, takeSignIn, type SignInEnd, type SignInRequest } from "./sign-in-pages.ts";
import type { View } from "./sign-in-views.ts";
import type { Visitor } from "./visitor.ts";
import { say } from "./words.ts";

interface SignedIn {
  context: PageContext;
  visitor: Visitor;
  account: Account;
  session: PageSession;
  /** The organization's name. */
  tenant: string;
}

const HOME = "/account";
const RECENT = 10;
/** What the sign-in log calls these pages. */
const MY_SECURITY = "my-security";

/** @param path what follows `/account`, without a slash before */
export async function accountPages(
  context: PageContext,
  visitor: Visitor,
  path: string,
  url: URL,
  fields: URLSearchParams | undefined,
): Promise<void> {
  if (path === "login" || path.startsWith("login/")) return signIn(context, visitor, path.slice(6), url, fields);
  const found = await context.sessions.find(visitor.cookie("session"));
  if (found === undefined) return visitor.redirect("/account/login");
  const tenant = await context.directory.tenants.byId(found.account.tenantId);
  const signedIn: SignedIn = { context, visitor, ...found, tenant: tenant?.displayName ?? say("product") };
  const isFresh = context.sources.nowMs() - found.session.authenticatedMs < FRESH_MS;
  if (path === "") return fields === undefined ? home(signedIn, url.searchParams.has("saved")) : act(signedIn, fields, isFresh);
  // Whoever comes back to a browser that was left open must not change how its owner signs in.
  if (!isFresh) return again(signedIn);
  if (path === "password") return fields === undefined ? show(signedIn, passwordView(signedIn)) : changePassword(signedIn, fields);
  if (path === "add" || path === "add/state") return add(signedIn, path === "add/state", fields);
  throw new Fault("page-not-found");
}

function again({ visitor, account }: SignedIn): void {
  visitor.redirect(`/account/login?login_hint=${encodeURIComponent(account.userPrincipalName)}`);
}

/** `/account/login/<tenant>/<uid>`; without them the user name is asked for, which says the tenant. */
async function signIn(context: PageContext, visitor: Visitor, rest: string, url: URL, fields: URLSearchParams | undefined): Promise<void> {
  const hint = (url.searchParams.get("login_hint") ?? "").trim().slice(0, 256);
  if (rest === "") {
    if (hint === "") return askName(visitor, hint);
    try {
      const tenant = await context.identity.tenantOfUser(hint);
      return visitor.redirect(`/account/login/${tenant.tenantId}/${drawSecret(context.sources)}?login_hint=${encodeURIComponent(hint)}`);
    } catch (error) {
      if (!isFault(error)) throw error;
      return askName(visitor, hint, error);
    }
  }
  const [tenantText = "", uid = "", step] = rest.split("/");
  const tenant = await context.directory.tenants.byId(
    tenantId(/^[0-9a-f-]{36}$/.test(tenantText) ? tenantText : "00000000-0000-0000-0000-000000000000"),
  );
  if (tenant === undefined || !/^[\w-]{43}$/.test(uid)) throw new Fault("page-not-found");
  const request: SignInRequest = {
    uid: `account ${uid}`,
    tenant,
    application: say("account-title"),
    place: `/account/login/${tenant.tenantId}/${uid}`,
    loginHint: hint,
    formsTo: [],
  };
  const end: SignInEnd = {
    finish: (outcome) => {
      visitor.redirect(HOME);
      return note(context, visitor, tenant.tenantId, outcome.accountId, "", 0);
    },
    note: (name, fault) => note(context, visitor, tenant.tenantId, null, name, Number(/^aadsts-(\d+)$/.exec(fault.code)?.[1] ?? 1)),
    decline: async () => visitor.redirect("/account/login"),
  };
  if (step === "state") return signInState(context, visitor, request);
  if (step !== undefined) throw new Fault("page-not-found");
  return fields === undefined ? showSignIn(context, visitor, request, end) : takeSignIn(context, visitor, request, end, fields);
}

async function note(
  context: PageContext,
  visitor: Visitor,
  tenant: string,
  account: string | null,
  name: string,
  result: number,
): Promise<void> {
  await context.identity.signIns(tenantId(tenant)).add({
    atMs: context.sources.nowMs(),
    accountId: account,
    name,
    appId: MY_SECURITY,
    resource: "",
    method: "my security",
    result,
    address: visitor.address,
    userAgent: visitor.request.headers["user-agent"] ?? "",
    correlationId: "",
  });
}

function askName(visitor: Visitor, typed: string, fault?: Fault): void {
  const name = field({
    name: "login_hint",
    label: say("name-label"),
    value: typed,
    hint: say("name-hint"),
    autocomplete: "username",
    autofocus: true,
    invalid: fault !== undefined,
  });
  const body = html`${lead(say("name-lead", { application: say("account-title") }))}${alert(fault)}
    <form action="/account/login">${name}<button class="main">${say("next")}</button></form>`;
  visitor.send(page({ title: say("name-title"), body, status: fault === undefined ? 200 : 400 }));
}

async function home(signedIn: SignedIn, saved: boolean, fault?: Fault): Promise<void> {
  const { context, visitor, account, session } = signedIn;
  const { factors } = context;
  const state = await factors.accounts.get(account);
  show(
    signedIn,
    accountView({
      secret: visitor.formSecret(HOME),
      account,
      state: state.state,
      first: state.defaultMethod,
      methods: await factors.methods.list(account),
      offers: await factors.offers(account),
      codesLeft: await factors.recoveryCodes.left(account),
      apps: await factors.appPasswords.list(account),
      appsAllowed: (await factors.settings(account.tenantId)).allowAppPasswords,
      sessions: await context.sessions.list(account),
      current: session.sessionId,
      recent: await recentOf(context, account),
      saved,
      fault,
    }),
    fault,
    true,
  );
}

/** The account's latest sign-ins, with the applications by their names. */
async function recentOf(context: PageContext, account: Account) {
  const isMine = (entry: SignInEntry): boolean =>
    entry.accountId === account.accountId || entry.name.toLowerCase() === account.userPrincipalName.toLowerCase();
  const entries = await context.identity.signIns(account.tenantId).list({ limit: 200 });
  const applications = context.identity.applications(account.tenantId);
  const named = entries
    .filter(isMine)
    .slice(0, RECENT)
    .map(async (entry) => {
      const application = entry.appId === MY_SECURITY ? say("account-title") : (await applications.find(entry.appId))?.displayName;
      return { ...entry, application: application ?? entry.appId };
    });
  return Promise.all(named);
}

function show({ visitor, tenant }: SignedIn, view: View, fault?: Fault, wide = false): void {
  visitor.send(
    page({
      ...view,
      tenant,
      wide,
      status: fault === undefined ? 200 : (fault.entry.http ?? 400),
    }),
  );
}

/** What needs no fresh sign-in: leaving. */
const ALWAYS = new Set(["sign-out", "kept", "end-all"]);

async function act(signedIn: SignedIn, fields: URLSearchParams, isFresh: boolean): Promise<void> {
  const { visitor } = signedIn;
  try {
    visitor.checkForm(HOME, fields);
    const [verb = "", id = ""] = (fields.get("action") ?? "").slice(0, 128).split(":");
    const action = ACTIONS[verb];
    if (action === undefined) throw new Fault("page-input", { reason: "it fits no step of this page" });
    if (!isFresh && !ALWAYS.has(verb) && verb !== "end") return again(signedIn);
    await action(signedIn, id, fields);
    if (!visitor.response.headersSent) visitor.redirect("/account?saved=yes");
  } catch (error) {
    if (visitor.response.headersSent) throw error;
    await home(signedIn, false, asFault(error));
  }
}

const ACTIONS: Readonly<Record<string, (signedIn: SignedIn, id: string, fields: URLSearchParams) => Promise<void>>> = {
  remove: ({ context, account }, id) => context.factors.removeMethod(account, id),
  async first({ context, account }, id) {
    const method = await context.factors.methods.get(account, id);
    await context.factors.accounts.setDefaultMethod(account, method.methodId);
  },
  async revoke({ context, account }, id) {
    await context.factors.appPasswords.revoke(account, id);
    // A program that came in with it a moment ago is remembered, and has a session.
    context.identity.endSessions(account.accountId);
  },
  async app(signedIn, _, fields) {
    const { context, account, visitor } = signedIn;
    if (!(await context.factors.settings(account.tenantId)).allowAppPasswords) throw new Fault("app-passwords-off");
    const name = (fields.get("name") ?? "").slice(0, 60);
    const password = await context.factors.appPasswords.add(account, name);
    show(signedIn, appPasswordView(visitor.formSecret(HOME), name, password));
  },
  async codes(signedIn) {
    const { context, account, visitor } = signedIn;
    show(signedIn, await codesView(context, account, visitor.formSecret(HOME)));
  },
  kept: async () => undefined,
  end: ({ context, account }, id) => context.sessions.end(account, id),
  async "end-all"({ context, account, visitor }) {
    await revokeAll(context, account);
    visitor.setCookie("session", "", 0);
    visitor.redirect("/account/login");
  },
  async "sign-out"(signedIn) {
    const { context, account, session, visitor, tenant } = signedIn;
    await context.sessions.end(account, session.sessionId);
    visitor.setCookie("session", "", 0);
    visitor.send(signedOutPage(tenant));
  },
};

/** Everything that the account holds anywhere is void: tokens, browsers, sessions. */
async function revokeAll(context: PageContext, account: Account): Promise<void> {
  await context.identity.revoke(account.tenantId, account.accountId);
  await context.factors.browsers.forgetAll(account);
  await context.sessions.endAll(account);
}

export function signedOutPage(tenant?: string) {
  return page({ title: say("out-title"), body: lead(say("out-lead")), tenant });
}

function passwordView({ visitor, account }: SignedIn, fault?: Fault): View {
  return passwordChangeView(visitor.formSecret("/account/password"), account, fault);
}

async function changePassword(signedIn: SignedIn, fields: URLSearchParams): Promise<void> {
  const { context, visitor, account, session } = signedIn;
  try {
    visitor.checkForm("/account/password", fields);
    const password = fields.get("old") ?? "";
    await context.judge.judge({
      user: account.userPrincipalName,
      password,
      address: visitor.address,
      tenant: account.tenantId,
      mayChange: true,
    });
    await setNewPassword(context, account, fields.get("new") ?? "", fields.get("again") ?? "");
    if (fields.get("others") === "yes") {
      await revokeAll(context, account);
      const facts = { amr: session.amr, address: visitor.address, browser: visitor.browserName, kept: false };
      visitor.setCookie("session", await context.sessions.begin(account, facts));
    }
    visitor.redirect("/account?saved=yes");
  } catch (error) {
    const fault = asFault(error);
    show(signedIn, passwordView(signedIn, fault), fault);
  }
}

/** `/account/add`: the steps of registration, kept in a flow of the session. */
async function add(signedIn: SignedIn, wantsState: boolean, fields: URLSearchParams | undefined): Promise<void> {
  const { context, visitor, account, session, tenant } = signedIn;
  const place = "/account/add";
  const facts: RegistrationFacts = { owner: account, issuer: tenant, place };
  const flow = await context.flows.open(`add ${session.sessionId}`, visitor.browserHash, account.tenantId);
  const { setup } = flow.state;
  if (wantsState) return visitor.sendJson({ state: await setupState(context, facts, setup) });
  if (fields === undefined) return show(signedIn, await addView(signedIn, facts, flow));
  try {
    visitor.checkForm(place, fields);
    const action = (fields.get("action") ?? "").slice(0, 128);
    if (action === "leave") return visitor.redirect(HOME);
    if (action.startsWith("setup:")) {
      await context.flows.save(flow, { setup: await beginSetup(context, facts, action.slice(6), visitor) });
      return visitor.redirect(place);
    }
    if (setup === undefined) throw new Fault("page-input", { reason: "it fits no step of this page" });
    const result = await actSetup(context, facts, setup, { action, form: fields, visitor });
    if (result !== "choice" && "setup" in result) {
      await context.flows.save(flow, { setup: result.setup });
      return visitor.redirect(place);
    }
    await context.flows.save(flow, {});
    if (result === "choice") return visitor.redirect(place);
    await context.factors.registered(account);
    return await afterFirst(signedIn, account);
  } catch (error) {
    const fault = asFault(error);
    show(signedIn, await addView(signedIn, facts, flow, fault), fault);
  }
}

/** Who has no recovery codes gets them with the first method. */
async function afterFirst(signedIn: SignedIn, owner: Owner): Promise<void> {
  const { context, visitor } = signedIn;
  if ((await context.factors.recoveryCodes.left(owner)) > 0) return visitor.redirect("/account?saved=yes");
  const view = await codesView(context, owner, visitor.formSecret(HOME));
  return show(signedIn, { ...view, body: postTo(view.body) });
}

/** The codes' form goes to the page of the account, from wherever it is shown. */
function postTo(body: View["body"]): View["body"] {
  return typeof body === "object" && body !== null && "text" in body
    ? { ...body, text: body.text.replace('method="post"', `method="post" action="${HOME}"`) }
    : body;
}

async function addView({ context, visitor }: SignedIn, facts: RegistrationFacts, flow: Flow, fault?: Fault): Promise<View> {
  const secret = visitor.formSecret(facts.place);
  const { setup } = flow.state;
  if (setup !== undefined) {
    const view = await setupView(context, facts, setup, visitor).catch(() => undefined);
    if (view !== undefined) return { ...view, body: [alert(fault), view.body] };
  }
  const leave = form(secret, button("leave", say("cancel"), "link"), { className: "side" });
  return { title: say("add-title"), body: [alert(fault), await choicesView(context, facts, secret), leave] };
}
