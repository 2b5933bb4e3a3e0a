/** The browser's way, with a browser that is a few requests: what comes back, what is forged, and who comes too late. */
import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { byBrowser } from "./browser.ts";
import { FakeAuthority, fakeMeans, refusal, requestFor, somebody } from "./fake-authority.fixture.ts";
import type { SignInMeans } from "./means.ts";
import { openBrowser, openerFor } from "./open-browser.ts";

interface Page {
  status: number;
  text: string;
  headers: Record<string, unknown>;
}

function open(address: string, options: { host?: string; method?: string } = {}): Promise<Page> {
  const url = new URL(address);
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      {
        host: "127.0.0.1",
        port: url.port,
        path: url.pathname + url.search,
        method: options.method ?? "GET",
        headers: { host: options.host ?? url.host },
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
      },
    );
    asked.on("error", reject).end();
  });
}

/** Signs in with a browser that does what it is told to do with the address that was opened. */
async function signIn(
  browse: (back: (more: Record<string, string>) => string, address: URL) => Promise<void>,
  authority = new FakeAuthority(),
  more: Partial<SignInMeans> = {},
) {
  let browsed: Promise<void> = Promise.resolve();
  const person = somebody({
    open: async (address) => {
      const back = (parameters: Record<string, string>): string =>
        `${address.searchParams.get("redirect_uri")}?${new URLSearchParams({ state: address.searchParams.get("state") ?? "", ...parameters }).toString()}`;
      browsed = new Promise((resolve) => setImmediate(resolve)).then(() => browse(back, address));
      return true;
    },
  });
  // A wait that nobody ends: the test's browser comes, or the test moves the clock.
  const wait = (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("over"))));
  const means = { ...fakeMeans(authority, person), wait, ...more };
  const token = byBrowser(requestFor("admin@contoso.com"), means);
  const outcome = await token.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await browsed;
  return { ...outcome, person };
}

test("the code of the right answer is redeemed with the proof key, and the page says so", async () => {
  const authority = new FakeAuthority();
  let page: Page | undefined;
  let asked: URL | undefined;
  const outcome = await signIn(async (back, address) => {
    asked = address;
    page = await open(back({ code: "the-code" }));
  }, authority);
  expect(outcome).toMatchObject({ value: { refreshToken: expect.any(String) } });
  expect(authority.forms).toEqual([
    expect.objectContaining({ grant_type: "authorization_code", code: "the-code", redirect_uri: asked?.searchParams.get("redirect_uri") }),
  ]);
  expect(authority.forms[0]?.["code_verifier"]).toMatch(/^[\w-]{43}$/);
  expect(asked?.searchParams.get("login_hint")).toBe("admin@contoso.com");
  expect([page?.status, page?.text.includes("You are signed in")]).toEqual([200, true]);
  expect(page?.headers).toMatchObject({
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": expect.stringContaining("default-src 'none'"),
  });
  expect(page?.text).not.toContain("the-code");
});

test("a forged answer, another path, host or method is refused and forgotten; the right one still counts", async () => {
  const refused: number[] = [];
  const outcome = await signIn(async (back) => {
    for (const address of [
      back({ code: "x", state: "forged" }),
      back({ error: "access_denied", state: "forged" }),
      back({}),
      back({ code: "x" }).replace("/?", "/favicon.ico?"),
    ]) {
      refused.push((await open(address)).status);
    }
    refused.push(
      (await open(back({ code: "x" }), { host: "evil.test" })).status,
      (await open(back({ code: "x" }), { method: "POST" })).status,
    );
    await open(back({ code: "right" }));
  });
  expect(refused).toEqual([400, 400, 400, 404, 404, 404]);
  expect(outcome).toHaveProperty("value");
});

test("two browsers finish one sign-in: the first counts, the second is told that nothing waits", async () => {
  const authority = new FakeAuthority();
  const pages: Page[] = [];
  let second: Promise<unknown> = Promise.resolve();
  let later = "";
  const slow = {
    post: async (...parameters: Parameters<FakeAuthority["post"]>) => {
      // The second browser comes while the first one's code is redeemed.
      second = open(later).then((page) => pages.push(page));
      await second;
      return authority.post(...parameters);
    },
  };
  const outcome = await signIn(
    async (back) => {
      later = back({ code: "second" });
      pages.push(await open(back({ code: "first" })));
    },
    authority,
    { post: slow.post },
  );
  expect(outcome).toHaveProperty("value");
  expect(authority.forms.map((form) => form["code"])).toEqual(["first"]);
  expect(pages.map(({ status }) => status)).toEqual([404, 200]);
});

test("a person who declines, and an authority that refuses the code, are told in page and fault", async () => {
  let page: Page | undefined;
  const declined = await signIn(async (back) => void (page = await open(back({ error: "access_denied" }))));
  expect([declined, page?.status]).toEqual([
    expect.objectContaining({ error: expect.objectContaining({ code: "sign-in-declined" }) }),
    400,
  ]);
  const authority = new FakeAuthority();
  authority.instead.push(refusal(70000, "invalid_grant", "The code was <b>used</b> before."));
  const refused = await signIn(async (back) => void (page = await open(back({ code: "old" }))), authority);
  expect(refused).toMatchObject({ error: { said: expect.stringContaining("AADSTS70000") } });
  expect([page?.status, page?.text.includes("You are not signed in")]).toEqual([400, true]);
});

test("a browser that is closed: after ten minutes the sign-in ends, and its port is free", async () => {
  let address = "";
  const waits: number[] = [];
  const outcome = await signIn(async (back) => void (address = back({ code: "late" })), undefined, {
    wait: async (ms) => {
      waits.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  expect(outcome).toMatchObject({ error: { code: "browser-not-finished" } });
  expect(waits).toEqual([600_000]);
  await expect(open(address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("the address is printed too, for a browser that does not open", async () => {
  const { person } = await signIn(async (back) => void (await open(back({ code: "c" }))));
  expect(person.told.join()).toMatch(/https:\/\/login\.test\/contoso\.com\/oauth2\/authorize\?/);
});

test.each([
  ["darwin", {}, "/usr/bin/open"],
  ["win32", {}, "rundll32.exe"],
  ["linux", { DISPLAY: ":0" }, "xdg-open"],
  ["linux", { WAYLAND_DISPLAY: "w" }, "xdg-open"],
  ["linux", {}, undefined],
  ["darwin", { SSH_CONNECTION: "1" }, undefined],
] as const)("%s with %j opens addresses by %s", (platform, environment, command) => {
  expect(openerFor(platform, environment)?.command).toBe(command);
});

test("an opener that is not there is told, and an address is never a command", async () => {
  expect(await openBrowser({ command: "/no/such/opener", arguments: [] }, new URL("https://x.test/?a=$(touch%20/tmp/x);b"))).toBe(false);
});
