// What a page says that goes on by itself: whether it still hears of its node. Whoever looks at it would otherwise take
// "under way" for true long after the node has stopped or the line is cut.
//
// Such a page asks with "?look", which keeps no session awake: the page asks by itself, whether anybody sits there or not.

const box = document.getElementById("lost");
const SILENT = 30_000; // milliseconds without a word, of which a stream has one every 10 seconds
const BLINK = 5_000; // milliseconds in which a stream that broke may come again by itself

export const look = `${location.pathname}?look`;

/** Say that the connection is lost, and stop saying of anything that it is under way. */
export function lose() {
  if (!box.querySelector("div")) box.append(box.querySelector("template").content.cloneNode(true));
  for (const one of document.querySelectorAll("[data-waits]")) one.hidden = true;
}

/** Take that back. */
export function find() {
  box.querySelector("div")?.remove();
  for (const one of document.querySelectorAll("[data-waits]")) one.hidden = false;
}

/** Listen to a stream of the node: a function for each kind of event. Give the stream, to be closed at its end. */
export function follow(path, listeners) {
  const stream = new EventSource(`${path}?look`);
  let silent;
  let broken;
  const stop = () => {
    clearTimeout(silent);
    clearTimeout(broken);
    broken = undefined;
  };
  const heard = () => {
    find();
    stop();
    silent = setTimeout(lose, SILENT);
  };
  heard();
  stream.addEventListener("open", heard);
  stream.addEventListener("alive", heard);
  for (const [kind, listen] of Object.entries(listeners)) {
    stream.addEventListener(kind, (event) => {
      heard();
      listen(event);
    });
  }
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) lose();
    else broken ??= setTimeout(lose, BLINK);
  });
  return {
    close() {
      stop();
      stream.close();
    },
  };
}
