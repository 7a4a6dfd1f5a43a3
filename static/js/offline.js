// Fills the page that stands for all that can't be had without a line: whom there is to ring, and
// what became of the calls that were made meanwhile.

import * as held from "./device/held.js";
import * as leaving from "./device/leaving.js";
import * as outbox from "./device/outbox.js";

const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
});

function label(code) {
  return document.querySelector(`data[value="${CSS.escape(code)}"]`)?.textContent ?? "";
}

function row(name, fill, one) {
  const made = document.querySelector(`template[data-row=${name}]`).content.cloneNode(true);
  fill((part) => made.querySelector(`[data-${part}]`), one, made);
  return made;
}

function show(name, fill, rows) {
  document.querySelector(`[data-list=${name}]`).replaceChildren(...rows.map((one) => row(name, fill, one)));
  document.querySelector(`[data-none=${name}]`).hidden = rows.length > 0;
}

function person(part, one) {
  part("who").textContent = one.who;
  part("who").href = one.url;
  part("done").hidden = !one.done;
}

function call(part, one, made) {
  part("at").textContent = clock.format(one.at);
  part("who").textContent = one.who;
  part("result").textContent = label(one.fields.get("quick") ?? one.fields.get("disposition") ?? "");
  const state = made.querySelector(`[data-state=${one.state}]`);
  state.hidden = false;
  const why = state.querySelector("[data-why]");
  if (why) why.textContent = one.why;
  part("again").href = one.url;
  part("again").hidden = one.state !== "refused";
  part("dismiss").hidden = one.state === "waiting";
  part("dismiss").addEventListener("click", async () => { await outbox.dismiss(one.id); fill(); });
}

async function fill() {
  const people = await held.list();
  const next = people.find((one) => !one.done);
  const on = document.querySelector("[data-next]");
  on.hidden = !next;
  document.querySelector("[data-leaving]").hidden = !await leaving.isUnderWay();
  if (next) on.href = next.url;
  show("held", person, people);
  show("outbox", call, await outbox.list());
}

if (document.querySelector("[data-offline]")) {
  navigator.serviceWorker?.addEventListener("message", fill);
  fill();
}
