// Work under way, of an operator or auditor: its page is asked for again, and only the parts that go on are put in, and
// what somebody types in a form stays. Without this a link, or the page by itself, does the same.

import { find, look, lose } from "./live.js";

const EVERY = 2_000; // milliseconds
const LOST = 2; // looks that fail one after the other, until it is said
let failed = 0;

const runs = (page) => page.querySelector("[data-runs]") !== null;
const stops = (part) => [...part.querySelectorAll("a, button, input, select, textarea")];
const typed = (part) => [...part.querySelectorAll("input[id], textarea[id]")].filter((one) => one.type !== "file");

function put(part, now) {
  const focused = stops(part).indexOf(document.activeElement);
  const kept = typed(part).map((one) => [one.id, one.value, one.checked]);
  part.replaceChildren(...now.childNodes);
  for (const one of typed(part)) {
    const [, value, checked] = kept.find(([id]) => id === one.id) ?? [one.id, one.value, one.checked];
    Object.assign(one, { value, checked });
  }
  if (focused >= 0) stops(part)[focused]?.focus();
}

async function ask() {
  let page;
  try {
    const answer = await fetch(look);
    if (answer.redirected) return location.reload(); // signed out meanwhile
    if (!answer.ok) throw new Error(answer.status);
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    failed += 1;
    if (failed >= LOST) lose();
    return setTimeout(ask, EVERY);
  }
  failed = 0;
  find();
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = page.getElementById(part.id);
    if (!now) return location.reload(); // it has ended, and another page is in its place
    if (part.innerHTML !== now.innerHTML) put(part, now);
  }
  if (runs(document)) setTimeout(ask, EVERY); // what the page had stands here now
}

if (runs(document)) setTimeout(ask, EVERY);
