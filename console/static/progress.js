// Shows how far an import or enrolment is without loading the page anew. What somebody types in a form stays.
// Without a script the page is loaded anew every few seconds.

const work = document.getElementById("work");

async function look() {
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("work");
    if (!now) return location.reload(); // signed out meanwhile
    const wasFocused = work.contains(document.activeElement);
    work.replaceChildren(...now.childNodes);
    if (wasFocused) work.querySelector("button")?.focus();
    if (!now.dataset.runs) return location.reload(); // the table of imports has changed, too
  } catch {
    // The node is away for a moment; it goes on by itself once it is back.
  }
  setTimeout(look, 1500);
}

if (work?.dataset.runs) setTimeout(look, 1500);
