// What every page does a little better with a script; without it every page works, too.
//
// Keys: "g" and then the letter of a part of the console goes there, "/" to the first field, "?" shows the keys. They
// can be switched off on the account's page, and have no time limit: what is slow, or speaks, works, too.

// Another language or theme loads the page again. Where that would lose something, it is asked about first.
const choose = document.querySelector(".choose");
const leave = document.getElementById("leave");

function isTyped(field) {
  if (field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type !== "select-one") return field.value !== field.defaultValue;
  const first = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(first, 0);
}

choose.addEventListener("submit", (event) => {
  const typed = [...document.querySelectorAll("main :is(input, select, textarea)")].some(isTyped);
  if (leave.returnValue === "leave" || !(typed || "posted" in choose.dataset)) return;
  event.preventDefault();
  leave.showModal();
});
leave.addEventListener("close", () => {
  if (leave.returnValue === "leave") choose.requestSubmit();
  leave.returnValue = "";
});

// A form is sent once: a second press while the answer is awaited does nothing.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// What keeps a session while one types is loaded only where something can be typed.
const { session } = document.body.dataset;
const typable = "main form[method=post] :is(textarea, select, input:not([type=hidden]))";
if (session && document.querySelector(typable)) import(session);

const places = [...document.querySelectorAll("nav a[data-key]")];
const shown = document.getElementById("keys");
let waits = false;

function showKeys() {
  const list = shown.querySelector("dl");
  list.replaceChildren(
    ...places.flatMap((place) => {
      const key = document.createElement("dt");
      for (const letter of ["g", place.dataset.key]) {
        const cap = document.createElement("kbd");
        cap.textContent = letter;
        key.append(cap, " ");
      }
      const where = document.createElement("dd");
      where.textContent = place.textContent;
      return [key, where];
    }),
  );
  shown.showModal();
}

function onKey(event) {
  // A dialog that was closed has the keys until the next frame: what is pressed by then is no typing.
  const typing = event.target.closest?.("input, select, textarea, dialog[open]");
  if (typing) waits = false;
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (waits) {
    waits = false;
    places.find((place) => place.dataset.key === event.key)?.click();
  } else if (event.key === "g") {
    waits = true;
  } else if (event.key === "?") {
    showKeys();
  } else if (event.key === "/") {
    document.querySelector("main :is(input, select, textarea):not([type=hidden])")?.focus();
    event.preventDefault();
  }
}
if ("keys" in document.body.dataset) {
  addEventListener("keydown", onKey);
  for (const other of ["pointerdown", "focusin", "pageshow"]) addEventListener(other, () => (waits = false));
}
