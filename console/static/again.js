// A work under way: its page is asked for again every two seconds, and only what changed is put in. Without this, a
// link does the same.

const shown = document.querySelector("[data-again]");
const every = 2000;

async function look() {
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.querySelector("[data-again]");
  if (!now) return location.reload();
  shown.querySelector("p").textContent = now.querySelector("p").textContent;
  shown.querySelector("progress").value = now.querySelector("progress").value;
  shown.querySelector("progress").max = now.querySelector("progress").max;
  setTimeout(look, every);
}

if (shown) setTimeout(look, every);
