/** The vendor's own client library against our authorization server: every way that it has to a token. */
import assert from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ConfidentialClientApplication,
  PublicClientApplication,
  type AccountInfo,
  type Configuration,
  type INetworkModule,
} from "@azure/msal-node";
import { createHash, randomBytes } from "node:crypto";
import { cases, type Driver } from "./driver.ts";
import { finishDevice, openLab, ScriptedBrowser, type OpenLab } from "./lab-browser.ts";

const CLIENT = "1950a258-227b-4e31-a9cf-717495945fc2";
const AUTOMATION = "5f1a4a52-0c7e-4a57-9a41-7a1e11e00001";
const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
const HOST = "login.online.lync.com";
const USER = "admin@contoso.com";
const scopes = [`${TARGET}/.default`];

/** Its requests, sent to where the lab's name map leads. */
function network(lab: OpenLab): INetworkModule {
  const send = async (method: string, url: string, options?: { headers?: Record<string, string>; body?: string }) => {
    const heard = await lab.send(url, {
      method,
      headers: options?.headers ?? {},
      ...(options?.body === undefined ? {} : { body: options.body }),
    });
    return { headers: heard.headers, body: JSON.parse(heard.body) as never, status: heard.status };
  };
  return {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options),
  };
}

function configuration(lab: OpenLab, tenant: string, clientId: string, more: object = {}): Configuration {
  return {
    auth: { clientId, authority: `https://${HOST}/${tenant}`, knownAuthorities: [HOST], ...more },
    system: { networkClient: network(lab) },
  };
}

function claims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
}

async function run() {
  await using lab = await openLab();
  const application = new PublicClientApplication(configuration(lab, "contoso.com", CLIENT));
  let account: AccountInfo | null | undefined;
  return await cases([
    [
      "device code, with a browser beside",
      async () => {
        let browsing: Promise<void> | undefined;
        const got = await application.acquireTokenByDeviceCode({
          scopes,
          deviceCodeCallback: ({ userCode, verificationUri }) => {
            browsing = finishDevice(lab, verificationUri, userCode, USER);
          },
        });
        await browsing;
        assert.equal(claims(got?.accessToken ?? "")["aud"], TARGET);
        assert.equal(got?.account?.username, USER);
      },
    ],
    [
      "device code under organizations: the tenant is known once the person is",
      async () => {
        const anywhere = new PublicClientApplication(configuration(lab, "organizations", CLIENT));
        const got = await anywhere.acquireTokenByDeviceCode({
          scopes,
          deviceCodeCallback: ({ userCode, verificationUri }) => void finishDevice(lab, verificationUri, userCode, "admin@fabrikam.com"),
        });
        assert.equal(got?.account?.username, "admin@fabrikam.com");
      },
    ],
    [
      "authorization code with PKCE on a loopback address",
      async () => {
        const verifier = randomBytes(32).toString("base64url");
        const redirectUri = "http://localhost:51234";
        const address = await application.getAuthCodeUrl({
          scopes,
          redirectUri,
          codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
          codeChallengeMethod: "S256",
        });
        const browser = new ScriptedBrowser(lab);
        const back = await browser.signIn(await browser.go(address), USER, lab.password(USER));
        const got = await application.acquireTokenByCode({
          scopes,
          redirectUri,
          code: back.url.searchParams.get("code") ?? "",
          codeVerifier: verifier,
        });
        assert.equal(got.account?.username, USER);
        account = got.account;
      },
    ],
    [
      "silently: from its cache, and by refresh",
      async () => {
        assert.ok(account);
        const cached = await application.acquireTokenSilent({ scopes, account });
        assert.equal(cached.fromCache, true);
        const fresh = await application.acquireTokenSilent({ scopes, account, forceRefresh: true });
        assert.equal(fresh.fromCache, false);
        assert.notEqual(fresh.accessToken, cached.accessToken);
      },
    ],
    [
      "user name and password",
      async () => {
        const got = await application.acquireTokenByUsernamePassword({ scopes, username: USER, password: lab.password(USER) });
        assert.equal(got?.account?.username, USER);
      },
    ],
    [
      "a wrong password is AADSTS50126, and says so",
      async () => {
        await assert.rejects(
          application.acquireTokenByUsernamePassword({ scopes, username: USER, password: "wrong" }),
          (error: { errorCode: string; errorMessage: string; correlationId: string }) =>
            error.errorCode === "invalid_grant" && error.errorMessage.includes("AADSTS50126") && error.correlationId !== "",
        );
      },
    ],
    [
      "certificate",
      async () => {
        const pem = readFileSync(join(lab.folder, "authority", "automation.crt"), "utf8");
        const certificate = new X509Certificate(pem);
        assert.ok(createPublicKey(pem));
        const confidential = new ConfidentialClientApplication(
          configuration(lab, "contoso.com", AUTOMATION, {
            clientCertificate: {
              thumbprintSha256: certificate.fingerprint256.replaceAll(":", ""),
              privateKey: readFileSync(join(lab.folder, "authority", "automation.key"), "utf8"),
            },
          }),
        );
        const got = await confidential.acquireTokenByClientCredential({ scopes });
        assert.deepEqual(claims(got?.accessToken ?? "")["roles"], ["Skype for Business Administrator"]);
      },
    ],
    [
      "a wrong secret is AADSTS7000215",
      async () => {
        const confidential = new ConfidentialClientApplication(configuration(lab, "contoso.com", AUTOMATION, { clientSecret: "wrong" }));
        await assert.rejects(confidential.acquireTokenByClientCredential({ scopes }), /AADSTS7000215/);
      },
    ],
  ]);
}

export const driver: Driver = { name: "MSAL for Node (@azure/msal-node 7.2.1)", needs: () => undefined, run };
