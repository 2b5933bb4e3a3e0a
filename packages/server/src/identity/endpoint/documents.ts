/** Discovery documents, keys, realm discovery: what anybody may read. */
import { NO_TENANT } from "../artifacts.ts";
import { sendJson, type Exchange } from "../exchange.ts";
import { configurationDocument, instanceDocument, keysDocument, realmJson, realmXml } from "../metadata.ts";
import { issuerOf } from "../provider/claims.ts";
import { tenantId } from "../../directory/index.ts";

export async function configuration({ service, tenant, generation, response }: Exchange): Promise<void> {
  const found = await service.tenantNamed(tenant);
  const id = found === NO_TENANT ? NO_TENANT : found.tenantId;
  sendJson(response, 200, configurationDocument(service.options.host, id, generation));
}

/** Those of all tenants under `common`: a client there learns whose token it has from the token. */
export async function keys({ service, tenant, generation, response }: Exchange): Promise<void> {
  const { host } = service.options;
  const found = await service.tenantNamed(tenant);
  const tenants = found === NO_TENANT ? (await service.options.directory.tenants.list()).filter(({ kind }) => kind === "online") : [found];
  const published = await Promise.all(tenants.map((each) => service.keys.published(tenantId(each.tenantId))));
  const issuer = issuerOf(host, found === NO_TENANT ? "{tenantid}" : found.tenantId, generation);
  sendJson(
    response,
    200,
    keysDocument(
      published.flat().map((key) => key.jwk),
      issuer,
    ),
  );
}

export async function instances({ service, response }: Exchange): Promise<void> {
  await Promise.resolve();
  sendJson(response, 200, instanceDocument(service.options.host, service.options.aliases));
}

/** `getuserrealm.srf?login=` and `/common/userrealm/<user>`: whether a user's domain is here, and how it signs in. */
export async function userRealm({ service, request, response, url, rest }: Exchange): Promise<void> {
  request.resume();
  const login = (rest === "" ? (url.searchParams.get("login") ?? "") : decodeURIComponent(rest)).slice(0, 256);
  const realm = await service.realmOf(login);
  if (url.searchParams.get("xml") !== "1") return sendJson(response, 200, realmJson(login, realm));
  const bytes = Buffer.from(realmXml(login, realm));
  response.writeHead(200, { "content-type": "text/xml; charset=utf-8", "content-length": bytes.length }).end(bytes);
}
