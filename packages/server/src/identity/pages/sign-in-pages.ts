/**
 * A sign-in, from the user name to its end:
 *
 *     name -> password ---> [verify] -> [change] -> [register -> codes] -> finished
 *       \---- passkey, which is both --------------^
 *
 * What is still to do is a list in the flow's row; each form does one thing, saves the row and leads back to the page, so that
 * loading it again, the back button and a second window all find the sign-in where it stands.
 */
import { asFault, Fault, isFault } from "@tieline/fault";
import { accountId, type Account, type Tenant } from "../../directory/index.ts";
import type { JsonRecord } from "../../store/index.ts";
import type { FirstFactor, InteractionOutcome } from "../interaction.ts";
import { asRefusal } from "../refusal.ts";
import type { Flow, FlowState, Todo } from "./flows.ts";
import type { PageContext } from "./page-context.ts";
import { page } from "./layout.ts";
import { alert, form, button, lead } from "./parts.ts";
import { html } from "./html.ts";
import { setNewPassword } from "./password-rules.ts";
import {
  actSetup,
  beginSetup,
  choicesView,
  codesView,
  parsedAnswer,
  setupState,
  setupView,
  type RegistrationFacts,
} from "./registration.ts";
import { changeView, nameView, passwordView, verifyView, type View } from "./sign-in-views.ts";
import { KEPT_MS } from "./page-sessions.ts";
import type { Visitor } from "./visitor.ts";
import { verifyFactor, enterWay, firstWay } from "./verification.ts";
import { say } from "./words.ts";

/** A sign-in as its pages see it, whoever asked for it. */
export interface SignInRequest {
  uid: string;
  tenant: Tenant;
  /** What the person signs in to. */
  application: string;
  /** The path of the page, which forms go back to. */
  place: string;
  loginHint: string;
  /** Origins of the application to which the end may lead. */
  formsTo: readonly string[];
}

export interface SignInEnd {
  finish(outcome: InteractionOutcome): Promise<void>;
  note(name: string, fault: Fault): Promise<void>;
  decline(): Promise<void>;
}

interface Turn {
  context: PageContext;
  visitor: Visitor;
  request: SignInRequest;
  end: SignInEnd;
  flow: Flow;
}

/** Shows the page where the sign-in stands. */
export async function showSignIn(context: PageContext, visitor: Visitor, request: SignInRequest, end: SignInEnd): Promise<void> {
  const flow = await context.flows.open(request.uid, visitor.browserHash, request.tenant.tenantId);
  return show({ context, visitor, request, end, flow: await hinted(context, request, flow) });
}

/** Who is named by the application already is not asked for a name, where the name is of this organization. */
async function hinted(context: PageContext, request: SignInRequest, flow: Flow): Promise<Flow> {
  if (flow.version > 0 || !request.loginHint.includes("@")) return flow;
  const home = await context.identity.tenantOfUser(request.loginHint).catch(() => undefined);
  return home?.tenantId === request.tenant.tenantId ? context.flows.save(flow, { user: request.loginHint }) : flow;
}

/** Goes on where another identity provider has shown who the person is. */
export async function continueSignIn(
  context: PageContext,
  visitor: Visitor,
  request: SignInRequest,
  end: SignInEnd,
  { account, amr, remember }: FirstFactor,
): Promise<void> {
  const flow = await context.flows.open(request.uid, visitor.browserHash, request.tenant.tenantId);
  const state = { user: account.userPrincipalName, accountId: account.accountId, amr: [...amr], keep: remember };
  return beginFactors({ context, visitor, request, end, flow }, account, state, false);
}

/** For a page that waits. */
export async function signInState(context: PageContext, visitor: Visitor, request: SignInRequest): Promise<void> {
  const { state } = await context.flows.open(request.uid, visitor.browserHash, request.tenant.tenantId);
  const account = await accountOf(context, state);
  let found = "none";
  if (account !== undefined && state.todo?.[0] === "verify" && state.way === "notification") {
    found = await context.factors.approvers.shown(account, state.challengeId ?? "").then(
      (shown) => shown.state,
      () => "refused",
    );
  } else if (account !== undefined) {
    found = await setupState(context, registrationFacts(request, account), state.setup);
  }
  visitor.sendJson({ state: found });
}

/** Takes a form of the page. */
export async function takeSignIn(
  context: PageContext,
  visitor: Visitor,
  request: SignInRequest,
  end: SignInEnd,
  fields: URLSearchParams,
): Promise<void> {
  const flow = await context.flows.open(request.uid, visitor.browserHash, request.tenant.tenantId);
  const turn: Turn = { context, visitor, request, end, flow };
  visitor.checkForm(request.place, fields);
  const stage = stageOf(flow.state);
  const action = (fields.get("action") ?? MAIN_ACTIONS[stage]).slice(0, 128);
  if (action === "cancel") return end.decline();
  if (action === "restart") return go(turn, {});
  try {
    await STAGES[stage](turn, action, fields);
  } catch (error) {
    const fault = isFault(error) ? asShown(error) : asFault(error);
    if (fault.code === "internal") context.identity.options.log.warn({ error: String(error) }, "a sign-in page failed");
    if (stage === "name" || stage === "password" || stage === "verify") await end.note(flow.state.user ?? fields.get("user") ?? "", fault);
    // The row may have gone on before it failed.
    const fresh = await context.flows.open(request.uid, visitor.browserHash, request.tenant.tenantId);
    await show({ ...turn, flow: fresh }, fault, (fields.get("user") ?? "").slice(0, 256));
  }
}

type Stage = "name" | "password" | Todo | "done";

/** What a form means that was sent without a button. */
const MAIN_ACTIONS: Readonly<Record<Stage, string>> = {
  name: "next",
  password: "password",
  verify: "verify",
  change: "change",
  register: "",
  codes: "kept",
  done: "continue",
};

function stageOf(state: FlowState): Stage {
  if (state.accountId !== undefined) return state.todo?.[0] ?? "done";
  return state.user === undefined ? "name" : "password";
}

const STAGES: Readonly<Record<Stage, (turn: Turn, action: string, fields: URLSearchParams) => Promise<void>>> = {
  async name(turn, action, fields) {
    if (action === "passkey") return byPasskey(turn, fields);
    const user = (fields.get("user") ?? "").trim().slice(0, 256);
    const { identity } = turn.context;
    const home = await identity.tenantOfUser(user);
    if (home.tenantId !== turn.request.tenant.tenantId) {
      throw new Fault("aadsts-50020", { user, tenant: turn.request.tenant.displayName });
    }
    return go(turn, { user });
  },
  async password(turn, action, fields) {
    if (action === "passkey") return byPasskey(turn, fields);
    if (action !== "password") throw misplaced();
    const { context, visitor, request, flow } = turn;
    const attempt = {
      user: flow.state.user ?? "",
      password: fields.get("password") ?? "",
      address: visitor.address,
      tenant: request.tenant.tenantId,
      mayChange: true,
    };
    const { account, mustChange } = await context.judge.judge(attempt);
    const state = { ...flow.state, keep: fields.get("keep") === "yes", accountId: account.accountId, amr: ["pwd"] };
    return beginFactors(turn, account, state, mustChange);
  },
  async verify(turn, action, fields) {
    const { context, flow } = turn;
    const account = await accountOf(context, flow.state);
    if (account === undefined) throw new Fault("sign-in-lapsed");
    const facts = turnFacts(turn, account);
    if (action.startsWith("choose:")) {
      const [, way = "", methodId = ""] = action.split(":");
      return go(turn, { ...withoutWay(flow.state), ...(await enterWay(facts, { way, methodId })) });
    }
    if (action === "again") {
      const { way = "", methodId = "" } = flow.state;
      return go(turn, { ...withoutWay(flow.state), ...(await enterWay(facts, { way, methodId })) });
    }
    const amr = await verifyFactor(facts, flow.state, action, fields);
    if (amr === undefined) return go(turn, flow.state);
    const todo = (flow.state.todo ?? []).slice(1);
    const remember = fields.get("remember") === "yes";
    const state: FlowState = { ...withoutWay(flow.state), amr: [...(flow.state.amr ?? []), ...amr], todo, remember };
    return onward({ ...turn, flow: await context.flows.save(flow, state) });
  },
  async change(turn, action, fields) {
    const { context, flow } = turn;
    const account = await accountOf(context, flow.state);
    if (action !== "change" || account === undefined) throw misplaced();
    await setNewPassword(context, account, fields.get("new") ?? "", fields.get("again") ?? "");
    const state = { ...flow.state, todo: (flow.state.todo ?? []).slice(1) };
    return onward({ ...turn, flow: await context.flows.save(flow, state) });
  },
  async register(turn, action, fields) {
    const { context, visitor, flow, request } = turn;
    const account = await accountOf(context, flow.state);
    if (account === undefined) throw misplaced();
    const facts = registrationFacts(request, account);
    if (action.startsWith("setup:")) return go(turn, { ...flow.state, setup: await beginSetup(context, facts, action.slice(6), visitor) });
    if (flow.state.setup === undefined) throw misplaced();
    const result = await actSetup(context, facts, flow.state.setup, { action, form: fields, visitor });
    const { setup: _, ...rest } = flow.state;
    if (result === "choice") return go(turn, rest);
    if ("setup" in result) return go(turn, { ...rest, setup: result.setup });
    await context.factors.registered(account);
    const amr = [...new Set([...(flow.state.amr ?? []), "mfa"])];
    return go(turn, { ...rest, amr, todo: (flow.state.todo ?? []).slice(1) });
  },
  async codes(turn, action) {
    if (action !== "kept") throw misplaced();
    const { context, flow } = turn;
    const state = { ...flow.state, todo: (flow.state.todo ?? []).slice(1) };
    return onward({ ...turn, flow: await context.flows.save(flow, state) });
  },
  done: (turn) => onward(turn),
};

/** What is asked for after the password, or what stood in its place. */
async function beginFactors(turn: Turn, account: Account, state: FlowState, mustChange: boolean): Promise<void> {
  const { context, visitor, flow } = turn;
  const demand = await context.factors.requiresMfa(account, visitor.address, "browser", rememberedIn(visitor));
  const todo: Todo[] = [];
  if (demand === "verify") todo.push("verify");
  if (mustChange) todo.push("change");
  if (demand === "register") {
    // What is registered already has to be shown before it is replaced.
    const offers = await context.factors.offers(account);
    if (offers.length > 0) todo.unshift("verify");
    todo.push("register", "codes");
  }
  const saved = await context.flows.save(flow, { ...state, todo });
  if (todo[0] !== "verify") return onward({ ...turn, flow: saved });
  const way = await firstWay(context, account);
  return go({ ...turn, flow: saved }, { ...saved.state, ...(await enterWay(turnFacts(turn, account), way)) });
}

/** A passkey alone: whose it is, it says itself. */
async function byPasskey(turn: Turn, fields: URLSearchParams): Promise<void> {
  const { context, visitor, request, flow } = turn;
  const party = visitor.party(request.tenant.displayName);
  const { question = "" } = flow.state;
  // The question is good for one answer.
  const asked = await context.flows.save(flow, withoutQuestion(flow.state));
  await context.factors.checkAllowed(request.tenant.tenantId, "passkey");
  const method = await context.factors.passkeys.verify(party, question, parsedAnswer(fields));
  const account = await context.directory.accounts.get(accountId(method.accountId));
  if (account === undefined || account.tenantId !== request.tenant.tenantId)
    throw new Fault("passkey-refused", { reason: "it is of another organization" });
  if (!account.enabled) throw new Fault("aadsts-50057");
  const { registerAgain } = await context.factors.accounts.get(account);
  const state: FlowState = {
    user: account.userPrincipalName,
    accountId: account.accountId,
    amr: ["fido", "mfa"],
    keep: false,
    todo: registerAgain ? ["register", "codes"] : [],
  };
  return onward({ ...turn, flow: await context.flows.save(asked, state) });
}

/** To the next thing to do, or to the end. */
async function onward(turn: Turn): Promise<void> {
  const { context, visitor, request, end, flow } = turn;
  if (stageOf(flow.state) !== "done") return visitor.redirect(asPath(request.place));
  const account = await accountOf(context, flow.state);
  if (account === undefined) throw new Fault("sign-in-lapsed");
  const { amr = [], keep = false, remember = false } = flow.state;
  await context.flows.finish(flow);
  const kept = { amr, address: visitor.address, browser: visitor.browserName, kept: keep };
  const session = await context.sessions.begin(account, kept);
  visitor.setCookie("session", session, keep ? KEPT_MS / 1000 : undefined);
  if (remember) await rememberBrowser(context, visitor, account);
  await end.finish({ accountId: account.accountId, amr, authTimeMs: context.sources.nowMs(), remember: keep });
}

async function rememberBrowser(context: PageContext, visitor: Visitor, account: Account): Promise<void> {
  const { rememberDays } = await context.factors.settings(account.tenantId);
  if (rememberDays === 0) return;
  const secret = await context.factors.browsers.remember(account, rememberDays);
  visitor.setCookie("remembered", [secret, ...rememberedIn(visitor)].slice(0, 5).join("."), rememberDays * 86_400);
}

function rememberedIn(visitor: Visitor): string[] {
  return visitor
    .cookie("remembered")
    .split(".")
    .filter((secret) => secret !== "");
}

async function go(turn: Turn, state: FlowState): Promise<void> {
  await turn.context.flows.save(turn.flow, state);
  turn.visitor.redirect(asPath(turn.request.place));
}

/** The page where the sign-in stands, with what went wrong. */
async function show(turn: Turn, fault?: Fault, typed = ""): Promise<void> {
  const { visitor, request } = turn;
  const stage = stageOf(turn.flow.state);
  const view = await VIEWS[stage](turn, fault, typed);
  visitor.send(
    page({
      title: view.title,
      body: view.body,
      tenant: request.tenant.displayName,
      formsTo: request.formsTo,
      status: fault === undefined ? 200 : fault.code === "form-refused" ? 403 : 400,
      ...(view.refreshSeconds === undefined ? {} : { refreshSeconds: view.refreshSeconds }),
    }),
  );
}

const VIEWS: Readonly<Record<Stage, (turn: Turn, fault: Fault | undefined, typed: string) => Promise<View>>> = {
  async name(turn, fault, typed) {
    const { request } = turn;
    const user = typed === "" ? request.loginHint : typed;
    return nameView({ secret: secretOf(turn), application: request.application, user, passkey: await passkeyAsked(turn), fault });
  },
  password: async (turn, fault) =>
    passwordView({ secret: secretOf(turn), user: turn.flow.state.user ?? "", passkey: await passkeyAsked(turn), fault }),
  change: async (turn, fault) => changeView({ secret: secretOf(turn), user: turn.flow.state.user ?? "", fault }),
  async verify(turn, fault) {
    const { context, visitor, request, flow } = turn;
    const account = await accountOf(context, flow.state);
    if (account === undefined) throw new Fault("sign-in-lapsed");
    const { state } = flow;
    const approval =
      state.way === "notification"
        ? await context.factors.approvers.shown(account, state.challengeId ?? "").catch(() => undefined)
        : undefined;
    const isWaiting = state.way !== "notification" || approval !== undefined;
    let passkey;
    if (state.way === "passkey") {
      const asked = await context.factors.passkeys.authenticationOptions(visitor.party(request.tenant.displayName), account);
      await context.flows.save(flow, { ...state, question: asked.challenge });
      passkey = asked.options;
    }
    const settings = await context.factors.settings(account.tenantId);
    return verifyView({
      secret: secretOf(turn),
      user: account.userPrincipalName,
      place: request.place,
      state,
      offers: await context.factors.offers(account),
      hasRecoveryCodes: (await context.factors.recoveryCodes.left(account)) > 0,
      rememberDays: settings.rememberDays,
      approval: approval === undefined ? undefined : { ...approval, address: `${visitor.origin}/approve` },
      passkey,
      fault: fault ?? (isWaiting ? undefined : new Fault("factor-lapsed")),
    });
  },
  async register(turn, fault) {
    const { context, visitor, request, flow } = turn;
    const account = await accountOf(context, flow.state);
    if (account === undefined) throw new Fault("sign-in-lapsed");
    const facts = registrationFacts(request, account);
    if (flow.state.setup !== undefined) {
      const view = await setupView(context, facts, flow.state.setup, visitor).catch(() => undefined);
      if (view !== undefined) return { ...view, body: [alert(fault), view.body] };
    }
    const choices = await choicesView(context, facts, secretOf(turn));
    const again = flow.state.setup === undefined ? fault : (fault ?? new Fault("factor-lapsed"));
    return {
      title: say("register-title"),
      body: [lead(say("register-lead", { tenant: request.tenant.displayName })), alert(again), choices],
    };
  },
  async codes(turn) {
    const account = await accountOf(turn.context, turn.flow.state);
    if (account === undefined) throw new Fault("sign-in-lapsed");
    return codesView(turn.context, account, secretOf(turn));
  },
  done: async (turn) => ({
    title: say("sign-in"),
    body: html`<div class="block">${form(secretOf(turn), button("continue", say("continue")))}</div>`,
  }),
};

/** What a passkey may answer instead of name and password. */
async function passkeyAsked({ context, visitor, request, flow }: Turn): Promise<JsonRecord | undefined> {
  if (!(await context.factors.ways(request.tenant.tenantId)).includes("passkey")) return undefined;
  const { challenge, options } = await context.factors.passkeys.authenticationOptions(visitor.party(request.tenant.displayName));
  await context.flows.save(flow, { ...flow.state, question: challenge });
  return options;
}

function turnFacts(turn: Turn, account: Account) {
  const { context, visitor, request } = turn;
  return { context, visitor, account, issuer: request.tenant.displayName, application: request.application };
}

function registrationFacts(request: SignInRequest, owner: Account): RegistrationFacts {
  return { owner, issuer: request.tenant.displayName, place: request.place };
}

async function accountOf(context: PageContext, state: FlowState): Promise<Account | undefined> {
  const account = state.accountId === undefined ? undefined : await context.directory.accounts.get(accountId(state.accountId));
  return account?.enabled === true ? account : undefined;
}

function secretOf({ visitor, request }: Turn): string {
  return visitor.formSecret(request.place);
}

function withoutWay({ way: _way, methodId: _method, challengeId: _challenge, question: _question, ...rest }: FlowState): FlowState {
  return rest;
}

function withoutQuestion({ question: _question, ...rest }: FlowState): FlowState {
  return rest;
}

function misplaced(): Fault {
  return new Fault("page-input", { reason: "it fits no step of this page" });
}

/** Where a page belongs in the service: it begins with one slash. */
function asPath(place: string): `/${string}` {
  return `/${place.replace(/^\/+/, "")}`;
}

/** The authorization server's own refusals in its words; ours as they are. */
function asShown(fault: Fault): Fault {
  return fault.code === "account-locked" || fault.code === "source-locked" || fault.layer === "store" ? asRefusal(fault) : fault;
}
