/** A certified OpenID Connect client against our authorization server: it checks each document, signature and claim. */
import assert from "node:assert/strict";
import * as client from "openid-client";
import { cases, type Driver } from "./driver.ts";
import { finishDevice, openLab, ScriptedBrowser, type OpenLab } from "./lab-browser.ts";

const CLIENT = "1950a258-227b-4e31-a9cf-717495945fc2";
const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
const USER = "admin@contoso.com";
const REDIRECT = "http://127.0.0.1:52345/";

function fetchIn(lab: OpenLab): client.CustomFetch {
  return async (url, { method, headers, body }) => {
    const heard = await lab.send(url, {
      method,
      headers,
      ...(body === undefined || body === null ? {} : { body: String(body as URLSearchParams) }),
    });
    return new Response(heard.body, { status: heard.status, headers: heard.headers });
  };
}

async function tenantOf(lab: OpenLab): Promise<string> {
  const { body } = await lab.send("https://login.online.lync.com/contoso.com/v2.0/.well-known/openid-configuration");
  return (JSON.parse(body) as { issuer: string }).issuer;
}

async function run() {
  await using lab = await openLab();
  const issuer = await tenantOf(lab);
  const options: client.DiscoveryRequestOptions = { [client.customFetch]: fetchIn(lab) };
  let config: client.Configuration;
  let refreshToken = "";
  return await cases([
    [
      "discovery: the issuer is the address that was asked",
      async () => {
        config = await client.discovery(new URL(issuer), CLIENT, undefined, client.None(), options);
        config[client.customFetch] = fetchIn(lab);
        assert.equal(config.serverMetadata().issuer, issuer);
      },
    ],
    [
      "authorization code with PKCE, state and nonce; the id token is verified by the published keys",
      async () => {
        client.enableNonRepudiationChecks(config);
        const verifier = client.randomPKCECodeVerifier();
        const [state, nonce] = [client.randomState(), client.randomNonce()];
        const address = client.buildAuthorizationUrl(config, {
          redirect_uri: REDIRECT,
          scope: `openid profile offline_access ${TARGET}/.default`,
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
          state,
          nonce,
        });
        const browser = new ScriptedBrowser(lab);
        const back = await browser.signIn(await browser.go(address.href), USER, lab.password(USER));
        const tokens = await client.authorizationCodeGrant(config, back.url, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
        });
        assert.equal(tokens.claims()?.["preferred_username"], USER);
        refreshToken = tokens.refresh_token ?? "";
      },
    ],
    [
      "refresh with rotation",
      async () => {
        const tokens = await client.refreshTokenGrant(config, refreshToken, { scope: `${TARGET}/.default` });
        assert.notEqual(tokens.refresh_token, refreshToken);
      },
    ],
    [
      "device code",
      async () => {
        const asked = await client.initiateDeviceAuthorization(config, { scope: `openid ${TARGET}/.default` });
        await finishDevice(lab, asked.verification_uri, asked.user_code, USER);
        const tokens = await client.pollDeviceAuthorizationGrant(config, asked);
        assert.equal(tokens.claims()?.["upn"], USER);
      },
    ],
    [
      "userinfo, where no resource was asked for",
      async () => {
        const verifier = client.randomPKCECodeVerifier();
        const address = client.buildAuthorizationUrl(config, {
          redirect_uri: REDIRECT,
          scope: "openid profile",
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
        });
        const browser = new ScriptedBrowser(lab);
        const back = await browser.signIn(await browser.go(address.href), USER, lab.password(USER));
        const tokens = await client.authorizationCodeGrant(config, back.url, { pkceCodeVerifier: verifier });
        const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? "");
        assert.equal(info["upn"], USER);
      },
    ],
    [
      "a refusal is an error of OAuth's",
      async () => {
        await assert.rejects(client.refreshTokenGrant(config, "nonsense"), (error: { error?: string }) => error.error === "invalid_grant");
      },
    ],
  ]);
}

export const driver: Driver = { name: "openid-client 6.8.9", needs: () => undefined, run };
