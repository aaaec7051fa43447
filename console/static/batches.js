// How far a list is, as it comes; when it ends or stops, the page is asked for anew. Without a script a link does that.

const shown = document.querySelector("[data-events]");
const events = new EventSource(shown.dataset.events);

events.addEventListener("message", (event) => {
  const parsed = new DOMParser().parseFromString(event.data, "text/html");
  shown.replaceChildren(...parsed.body.childNodes);
});
events.addEventListener("over", () => {
  events.close();
  location.reload();
});
// A stream that breaks is not taken up again by itself: it would keep a forgotten session awake.
events.addEventListener("error", () => events.close());
