// The query form says while one types what is missing; the page of a query fills as answers come.
//
// Without it the form has a button that does the same, and the page reloads by itself.

import { follow, look, lose } from "./live.js";

const form = document.getElementById("query");
const hint = document.getElementById("hint");
const PAUSE = 600; // milliseconds without a key after which the draft is looked at

if (form && hint) {
  const said = document.getElementById("hint-said");
  let wait;
  let asked;

  async function judge() {
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
    wait = setTimeout(judge, PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(wait);
    asked?.abort();
  });
}

const summary = document.querySelector("[data-events]");
if (summary) {
  const nodes = document.getElementById("nodes");

  const put = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    return made.content.firstElementChild;
  };
  // What can be done now needs a form of its own; it comes with the page, without moving what is read.
  const bring = async () => {
    try {
      const page = await (await fetch(look)).text();
      const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("after");
      if (fresh) document.getElementById("after").replaceWith(fresh);
    } catch {
      lose();
    }
  };
  const stream = follow(summary.dataset.events, {
    node(event) {
      const { place, html } = JSON.parse(event.data);
      const now = put(html);
      const before = document.getElementById(`node-${place}`);
      if (before?.outerHTML === now.outerHTML) return;
      now.classList.add("arrives");
      if (before) before.replaceWith(now);
      else nodes.append(now);
    },
    summary(event) {
      summary.innerHTML = JSON.parse(event.data).html;
    },
    end() {
      stream.close();
      bring();
    },
  });
}
