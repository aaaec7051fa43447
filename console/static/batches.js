// How far a list is, as it comes; when it ends or stops, the page is asked for anew. Without a script a link does that.

import { follow } from "./live.js";

const shown = document.querySelector("[data-events]");
const stream = follow(shown.dataset.events, {
  message(event) {
    const parsed = new DOMParser().parseFromString(event.data, "text/html");
    shown.replaceChildren(...parsed.body.childNodes);
  },
  over() {
    stream.close();
    location.reload();
  },
});
