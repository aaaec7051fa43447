// The query form says while one types what is missing; the page of a query fills as answers come.
//
// Without it the form has a button that does the same, and the page reloads by itself.

const form = document.getElementById("query");
const hint = document.getElementById("hint");
const PAUSE = 600; // milliseconds without a key after which the draft is looked at

if (form && hint) {
  const said = document.getElementById("hint-said");
  let wait;
  let asked;

  async function look() {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(hint.dataset.path, { method: "POST", body: new FormData(form), signal: asked.signal });
      if (!answer.ok || answer.redirected) return; // the button still works, and says why
      hint.innerHTML = await answer.text();
      const now = hint.querySelector("[data-said]")?.textContent ?? "";
      if (now !== said.textContent) said.textContent = now;
    } catch (error) {
      if (error.name !== "AbortError") console.warn("no hint", error.name);
    }
  }

  form.addEventListener("input", (event) => {
    if (event.target.name === "mrz") return;
    clearTimeout(wait);
    wait = setTimeout(look, PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(wait);
    asked?.abort();
  });
}

const summary = document.querySelector("[data-events]");
if (summary) {
  const nodes = document.getElementById("nodes");
  const source = new EventSource(summary.dataset.events);

  const put = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    return made.content.firstElementChild;
  };
  source.addEventListener("node", (event) => {
    const { place, html } = JSON.parse(event.data);
    const now = put(html);
    const before = document.getElementById(`node-${place}`);
    if (before?.outerHTML === now.outerHTML) return;
    now.classList.add("arrives");
    if (before) before.replaceWith(now);
    else nodes.append(now);
  });
  source.addEventListener("summary", (event) => {
    summary.innerHTML = JSON.parse(event.data).html;
  });
  source.addEventListener("end", () => {
    source.close();
    // What can be done now needs a form of its own; it comes with the page, without moving what is read.
    fetch(location.href)
      .then((answer) => answer.text())
      .then((page) => {
        const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("after");
        if (fresh) document.getElementById("after").replaceWith(fresh);
      });
  });
}
