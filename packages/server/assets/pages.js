// The one script of Tieline's pages: passkeys, and looking by itself whether a wait is over. Pages work without it, passkeys do not.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const ids = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

function answerOf(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const filled = parts.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: Object.fromEntries(filled),
  };
}

const CEREMONIES = {
  create: (options) =>
    navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: ids(options.excludeCredentials),
      },
    }),
  get: (options) =>
    navigator.credentials.get({
      publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: ids(options.allowCredentials) },
    }),
};

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = typeof window.PublicKeyCredential !== "function";

// A form with data-passkey: its button runs the ceremony, then sends the answer.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const usable = typeof window.PublicKeyCredential === "function";
  for (const part of form.querySelectorAll("[data-script]")) part.hidden = !usable;
  for (const part of form.querySelectorAll("[data-no-script]")) part.hidden = usable;
  const failure = form.querySelector("[data-failure]");
  const ask = async (button) => {
    failure.textContent = "";
    try {
      const credential = await CEREMONIES[form.dataset.passkey](JSON.parse(form.dataset.options));
      form.elements.answer.value = JSON.stringify(answerOf(credential));
      form.requestSubmit(button);
    } catch (error) {
      failure.textContent = form.dataset.failed;
      console.debug(error.name);
    }
  };
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "passkey" || form.elements.answer.value !== "") return;
    event.preventDefault();
    void ask(event.submitter);
  });
}

// A page that waits: asks every two seconds whether it is over, then loads itself again.
const wait = document.querySelector("[data-poll]");
if (wait) {
  const look = async () => {
    try {
      const reply = await fetch(wait.dataset.poll, { cache: "no-store", headers: { accept: "application/json" } });
      const { state } = await reply.json();
      if (state === wait.dataset.state) return void setTimeout(look, 2000);
    } catch {
      return void setTimeout(look, 5000);
    }
    const over = wait.dataset.over;
    if (over) document.getElementById(over)?.querySelector("button").click();
    else location.reload();
  };
  setTimeout(look, 2000);
}
