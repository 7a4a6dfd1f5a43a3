// Says whether there is a line and how many calls wait on this device, and starts the service
// worker that keeps them. Only where somebody rings: <body data-rings>.

import { counts } from "./device/outbox.js";

const EVERY = 20_000;
const strip = document.querySelector("[data-line]");

let isLost = false;

async function show(what) {
  isLost = what ? what === "no-line" : isLost;
  const { waiting, told } = await counts();
  for (const [name, shown] of Object.entries({
    lost: isLost, waiting, told, kept: location.hash === "#kept" && waiting,
  })) {
    for (const part of strip.querySelectorAll(`[data-line-${name}]`)) part.hidden = !shown;
  }
  for (const part of strip.querySelectorAll("[data-line-number]")) part.textContent = waiting;
  strip.hidden = !(isLost || waiting || told);
  return isLost || waiting;
}

function tell(what) {
  if (what === "not-kept") {
    strip.hidden = false;
    strip.querySelector("[data-line-not-kept]").hidden = false;
    strip.scrollIntoView();
  } else {
    show(what);
  }
}

async function ask() {
  (await navigator.serviceWorker.ready).active.postMessage("sync");
}

// What is not sent yet goes out whoever is signed in, and whoever leaves should know.
function warn(event) {
  if (!event.target.matches("form[action='/sign-out']")) return;
  const waits = !strip.querySelector("[data-line-waiting]").hidden;
  if (waits && !confirm(strip.dataset.lineLeaving)) event.preventDefault();
}

if (strip && "serviceWorker" in navigator && "locks" in navigator) {
  navigator.serviceWorker.addEventListener("message", (event) => tell(event.data));
  navigator.serviceWorker.register("/sw.js", { type: "module", updateViaCache: "none" }).then(ask);
  navigator.storage.persist?.();
  addEventListener("online", ask);
  addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  addEventListener("submit", warn, { capture: true });
  setInterval(async () => { if (await show()) ask(); }, EVERY);
  show();
}
