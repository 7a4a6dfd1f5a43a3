// Says whether there is a line and how many calls wait on this device, and starts the service
// worker that keeps them. Only on the pages of those who ring.

import { counts } from "./device/outbox.js";

const EVERY = 20_000;
const strip = document.querySelector("[data-line]");
const minds = strip ?? document.querySelector("[data-offline]");

let isLost = false;

async function show(what) {
  isLost = what ? what === "no-line" : isLost;
  // A device that keeps nothing has nothing to tell; saving says so, when it matters.
  const { waiting, told } = await counts().catch(() => ({ waiting: 0, told: 0 }));
  if (!strip) return isLost || waiting;
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
  if (what === "not-kept" && strip) {
    strip.hidden = false;
    strip.querySelector("[data-line-not-kept]").hidden = false;
    strip.scrollIntoView();
    document.dispatchEvent(new Event("notkept"));
  } else {
    show(what);
  }
}

async function ask() {
  (await navigator.serviceWorker.ready).active.postMessage("sync");
}

// What is not sent yet goes out whoever is signed in, and whoever leaves should know.
function warn(event) {
  if (!strip || !event.target.matches("form[action='/sign-out']")) return;
  const waits = !strip.querySelector("[data-line-waiting]").hidden;
  if (waits && !confirm(strip.dataset.lineLeaving)) event.preventDefault();
}

if (minds && "serviceWorker" in navigator && "locks" in navigator) {
  navigator.serviceWorker.addEventListener("message", (event) => tell(event.data));
  navigator.serviceWorker.register("/sw.js", { type: "module", updateViaCache: "all" }).then(ask);
  navigator.storage.persist?.();
  addEventListener("online", ask);
  addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  addEventListener("submit", warn, { capture: true });
  setInterval(async () => { if (await show()) ask(); }, EVERY);
  show();
}
