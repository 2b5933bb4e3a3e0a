/** What a report's page does by itself: finds users. Text goes into the page as text, never as markup. */
export const SCRIPT = `
(() => {
  const users = JSON.parse(document.getElementById("users").textContent);
  const rows = document.getElementById("rows");
  const words = document.getElementById("words");
  const state = document.getElementById("state");
  const found = document.getElementById("found");
  const more = document.getElementById("more");
  document.getElementById("without").remove();
  const STEP = 100;
  let hits = users;
  let shown = 0;
  const cell = (text, name) => {
    const made = document.createElement("td");
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const row = (user) => {
    const made = document.createElement("tr");
    const [address, name, where, homed, wave, took, code, text, cure] = user;
    made.append(cell(address), cell(name), cell(where, "state " + where.toLowerCase()), cell(homed), cell(wave, "number"), cell(took, "number"));
    const why = cell("");
    if (code || text) {
      const head = document.createElement("code");
      head.textContent = code;
      const rest = document.createElement("div");
      rest.textContent = text;
      const help = document.createElement("div");
      help.className = "cure";
      help.textContent = cure;
      why.append(head, rest, help);
    }
    made.append(why);
    return made;
  };
  const show = () => {
    const part = hits.slice(shown, shown + STEP);
    rows.append(...part.map(row));
    shown += part.length;
    more.hidden = shown >= hits.length;
    found.textContent = hits.length.toLocaleString("en-US") + (hits.length === 1 ? " user" : " users") + (shown < hits.length ? ", " + shown.toLocaleString("en-US") + " shown" : "");
  };
  const search = () => {
    const wanted = words.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const only = state.value;
    hits = users.filter((user) => {
      if (only && user[2] !== only) return false;
      const text = user.join(" ").toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    shown = 0;
    rows.replaceChildren();
    show();
  };
  words.addEventListener("input", search);
  state.addEventListener("change", search);
  more.addEventListener("click", show);
  search();
})();
`;
