/** `/approve`: the phone's side of approvals. Its browser is known by a cookie that was handed out when it was set up. */
import { asFault, Fault } from "@tieline/fault";
import { accountId } from "../../directory/index.ts";
import { cleanName, type ApprovalRequest } from "../factors/index.ts";
import { html, type Content } from "./html.ts";
import { page } from "./layout.ts";
import type { PageContext } from "./page-context.ts";
import { alert, button, field, form, hidden, lead } from "./parts.ts";
import type { Visitor } from "./visitor.ts";
import { say, sayWhen } from "./words.ts";

const PLACE = "/approve";
/** Ten years: as long as the phone. */
const KEPT_SECONDS = 10 * 365 * 86_400;

/** @param path what follows `/approve`, without a slash before */
export async function approvePages(
  context: PageContext,
  visitor: Visitor,
  path: string,
  fields: URLSearchParams | undefined,
): Promise<void> {
  if (path.startsWith("enrol/")) return enrol(context, visitor, path.slice(6), fields);
  const approver = await context.factors.approvers.byCookie(visitor.cookie("approver"));
  if (path === "state") {
    const waiting = approver === undefined ? [] : await context.factors.approvers.pending(approver);
    return visitor.sendJson({ state: waiting[0]?.challengeId ?? "none" });
  }
  if (path !== "") throw new Fault("page-not-found");
  if (approver === undefined) {
    const body = html`${lead(say("phone-page-unknown"))}
      <p class="hint">${say("phone-page-unknown-hint")}</p>`;
    return visitor.send(page({ title: say("phone-page-title"), body, status: 403 }));
  }
  let fault: Fault | undefined;
  let said: Content;
  if (fields !== undefined) {
    try {
      visitor.checkForm(PLACE, fields);
      const challengeId = (fields.get("request") ?? "").slice(0, 64);
      const isYes = fields.get("action") === "approve";
      if (isYes) await context.factors.approvers.approve(approver, challengeId, fields.get("number") ?? "");
      else await context.factors.approvers.deny(approver, challengeId);
      said = html`<p class="saved" role="status">${say(isYes ? "phone-page-approved" : "phone-page-refused")}</p>`;
    } catch (error) {
      fault = asFault(error);
    }
  }
  const [request] = await context.factors.approvers.pending(approver);
  const secret = visitor.formSecret(PLACE);
  const poll = html`<div data-poll="/approve/state" data-state="${request?.challengeId ?? "none"}"></div>`;
  const body = html`${said}${alert(fault)}${request === undefined ? nothing(said !== undefined) : ask(secret, request)}${poll}`;
  visitor.send(
    page({
      title: say("phone-page-title"),
      body,
      refreshSeconds: 10,
      status: fault === undefined ? 200 : (fault.entry.http ?? 400),
    }),
  );
}

function nothing(isAfter: boolean): Content {
  return html`${!isAfter && lead(say("phone-page-none"))}
    <p class="hint">${say("phone-page-hint")}</p>
    <div class="block"><a class="button plain" href="${PLACE}">${say("phone-page-refresh")}</a></div>`;
}

function ask(secret: string, request: ApprovalRequest): Content {
  const number = field({ name: "number", label: say("phone-page-number"), digits: true, code: true, autofocus: true, maxLength: 2 });
  return html`<h2 class="block">${say("phone-page-ask")}</h2>
    <p class="lead">
      <strong>${request.application}</strong><br />${request.browser}, ${request.address}<br />${sayWhen(request.createdMs)}
    </p>
    ${form(secret, [hidden({ request: request.challengeId }), number, button("approve", say("phone-page-yes")), html`<button class="danger" name="action" value="deny" formnovalidate>${say("phone-page-no")}</button>`])}`;
}

/** The link that a phone opens once. Looking at it changes nothing: mail and chat programs look at links. */
async function enrol(context: PageContext, visitor: Visitor, link: string, fields: URLSearchParams | undefined): Promise<void> {
  const challenge = await context.factors.approvers.enrolment(link);
  const owner = await context.directory.accounts.get(accountId(challenge.accountId));
  if (owner === undefined) throw new Fault("factor-lapsed");
  const tenant = (await context.directory.tenants.byId(owner.tenantId))?.displayName;
  const place = "/approve/enrol";
  if (fields === undefined) {
    const body = html`${lead(say("enrol-lead", { user: owner.userPrincipalName }))}
    ${form(visitor.formSecret(place), [field({ name: "name", label: say("enrol-name"), value: visitor.browserName, maxLength: 60 }), button("enrol", say("enrol-button"))])}`;
    return visitor.send(page({ title: say("enrol-title"), body, tenant }));
  }
  visitor.checkForm(place, fields);
  const { secret } = await context.factors.approvers.enrol(owner, link, cleanName(fields.get("name") ?? "", visitor.browserName));
  visitor.setCookie("approver", secret, KEPT_SECONDS);
  const body = html`${lead(say("enrol-done-hint"))}
    <div class="block"><a class="button main" href="${PLACE}">${say("phone-page-title")}</a></div>`;
  visitor.send(page({ title: say("enrol-done"), body, tenant }));
}
