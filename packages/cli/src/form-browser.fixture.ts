/** A browser for tests: follows redirects, keeps cookies, fills in the form that it is shown and sends it. No script. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface Shown {
  status: number;
  address: URL;
  text: string;
}

type Fill = Readonly<Record<string, string>>;

/** What a person would do on this page: what to fill in, and the value of the button to press. */
export type Reader = (shown: Shown) => { fill: Fill; press?: string };

export class FormBrowser {
  readonly #ca: string;
  readonly #cookies = new Map<string, string>();

  readonly #ports: Readonly<Record<string, number>>;

  /** @param ports hosts that are on this machine, by the ports where they listen */
  constructor(ca: string, ports: Readonly<Record<string, number>> = {}) {
    this.#ca = ca;
    this.#ports = ports;
  }

  /** Opens an address, then answers forms with `fill` until a page has none that it can answer. @param press a button's name, if not the first */
  async walk(address: URL, fillOrReader: Fill | Reader, first?: string): Promise<Shown> {
    let shown = await this.#follow("GET", address);
    for (let page = 0; page < 12; page++) {
      const form = formOf(shown);
      const read = typeof fillOrReader === "function" ? fillOrReader(shown) : { fill: fillOrReader, press: first };
      const { fill, press } = read;
      if (form === undefined) return shown;
      const body = new URLSearchParams();
      for (const { name, value, type } of form.inputs) {
        if (type !== "hidden" && !(name in fill) && value === "" && type !== "checkbox") continue;
        if (type === "checkbox" && !(name in fill)) continue;
        body.set(name, fill[name] ?? value);
      }
      const button =
        form.buttons.find(({ name, value }) => name === press || value === press) ??
        form.buttons.find(({ name }) => !/cancel|abort/.test(name));
      if (button !== undefined && button.name !== "") body.set(button.name, button.value);
      const action = new URL(form.action, shown.address);
      if (form.method === "GET") {
        action.search = body.toString();
        shown = await this.#follow("GET", action);
      } else shown = await this.#follow("POST", action, body.toString());
    }
    throw new Error(`no end of forms; the last page was ${shown.text.replace(/<[^>]+>/g, " ")}`);
  }

  async #follow(method: "GET" | "POST", address: URL, body?: string): Promise<Shown> {
    let { status, location, text } = await this.#send(method, address, body);
    let at = address;
    for (let hop = 0; location !== undefined && hop < 10; hop++) {
      at = new URL(location, at);
      ({ status, location, text } = await this.#send("GET", at));
    }
    return { status, address: at, text };
  }

  #send(method: string, address: URL, body?: string): Promise<{ status: number; location: string | undefined; text: string }> {
    const send = address.protocol === "https:" ? httpsRequest : httpRequest;
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return new Promise((resolve, reject) => {
      const asked = send(
        address,
        {
          method,
          ca: this.#ca,
          // Node gives each address of a name a quarter of a second, which a busy machine may not keep.
          ...(address.hostname === "localhost" ? { host: "127.0.0.1", servername: "localhost" } : {}),
          ...(address.hostname in this.#ports
            ? { hostname: "127.0.0.1", port: this.#ports[address.hostname], servername: address.hostname }
            : {}),
          agent: false,
          headers: {
            host: address.host,
            ...(cookie === "" ? {} : { cookie }),
            ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded", origin: address.origin }),
          },
        },
        (answer) => {
          for (const line of answer.headers["set-cookie"] ?? []) {
            const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
            if (value === "") this.#cookies.delete(name);
            else this.#cookies.set(name, value);
          }
          let text = "";
          answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          answer.on("end", () => {
            const [, onward] = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(text) ?? [];
            const address = onward?.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
            resolve({ status: answer.statusCode ?? 0, location: answer.headers.location ?? address, text });
          });
        },
      );
      asked.on("error", reject);
      asked.end(body);
    });
  }
}

interface Form {
  action: string;
  method: "GET" | "POST";
  inputs: { name: string; value: string; type: string }[];
  buttons: { name: string; value: string }[];
}

/** The first form of a page that has something to fill in, or else its first; undefined where it has none, or shows a refusal. */
function formOf({ text, address }: Shown): Form | undefined {
  const forms = [...text.matchAll(/<form\b([^>]*)>([^]*?)<\/form>/gi)];
  const [, attributes = "", inside = ""] = forms.find((form) => /<input\b(?![^>]*type="hidden")/i.test(form[2] ?? "")) ?? forms[0] ?? [];
  if (inside === "" || /role="alert"/.test(text)) return undefined;
  const fields = (tag: string): { name: string; value: string; type: string }[] =>
    [...inside.matchAll(new RegExp(`<${tag}\\b([^>]*)>`, "gi"))].map(([, own = ""]) => ({
      name: attribute(own, "name"),
      value: attribute(own, "value"),
      type: attribute(own, "type"),
    }));
  return {
    action: attribute(attributes, "action") || address.pathname,
    method: attribute(attributes, "method").toUpperCase() === "POST" ? "POST" : "GET",
    inputs: fields("input").filter(({ name }) => name !== ""),
    buttons: fields("button"),
  };
}

function attribute(tag: string, name: string): string {
  const [, value = ""] = new RegExp(`\\b${name}="([^"]*)"`, "i").exec(tag) ?? [];
  return value.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))).replaceAll("&amp;", "&");
}
