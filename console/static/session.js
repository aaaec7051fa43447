// What is typed outlives the session: a form that was open for a while is sent only once it is known that its officer is
// still signed in.
//
// A session ends some time after its last request. Typing keeps it, and shortly before its end the page offers to. Where it
// has ended, or the node was started anew, the form stays as it is, and is sent once its officer has signed in again in
// another window. Nothing typed is kept anywhere but in the page it stands on.

const { officer, idle } = document.body.dataset;
const WARNED = 120; // seconds before the end at which the page offers to go on
const LATE = 5; // seconds after the end at which the page looks whether it has come
const RECENT = 60; // seconds in which a session that was heard of counts as there: little is typed in them
const OFTEN = 300; // seconds after which typing is told to the node again
const sent = document.getElementById("not-sent");
const ending = document.getElementById("ending");
const typed = document.querySelector("main form[method=post] :is(textarea, select, input:not([type=hidden]))");
let heard = Date.now(); // when the session was last known to be there
let asked = heard; // when the node was last asked
let wait;

async function session() {
  asked = Date.now();
  const answer = await fetch("/session", { cache: "no-store" });
  const now = answer.ok && !answer.redirected ? await answer.json() : {};
  if (now.officer !== officer) return false;
  for (const token of document.querySelectorAll("[name=csrf]")) token.value = now.csrf;
  watch();
  return true;
}

function watch() {
  heard = Date.now();
  clearTimeout(wait);
  wait = setTimeout(warn, (idle - WARNED) * 1000);
}

function warn() {
  if (ending.open || sent.open) return;
  ending.showModal();
  wait = setTimeout(() => ending.close(), (WARNED + LATE) * 1000); // what is closed is asked about: it has ended
}

async function keep() {
  if (!(await session().catch(() => false)) && !sent.open) sent.showModal();
}

if (officer && typed) {
  watch();
  addEventListener("input", () => {
    if (Date.now() - asked > OFTEN * 1000) session().catch(() => false);
  });
  ending.addEventListener("close", keep);
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      if (form.getAttribute("method") !== "post" || !form.closest("main") || form.dataset.known) return;
      if (Date.now() - heard < RECENT * 1000) return;
      event.preventDefault();
      event.stopPropagation();
      const button = event.submitter;
      if (!(await session().catch(() => false))) {
        sent.showModal();
        return;
      }
      form.dataset.known = "yes";
      form.requestSubmit(button);
      delete form.dataset.known;
    },
    true,
  );
}
