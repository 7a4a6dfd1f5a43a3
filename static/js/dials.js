// A tap on a dial button is noted on the device before the phone takes over, then sent. Whoever
// comes back, by whatever way, is asked what came of it, until they say so.

import { all, change, drop, get, put } from "./device/store.js";

const DIALS = "dials";
const NOTED_WITHIN = 500;
const KEPT_FOR = 30 * 24 * 3600_000;
const form = document.querySelector("form[data-call]");
const asked = document.querySelector("[data-asked]");
// The page that stands for all others without a line does not know whose the device is.
const user = document.body.dataset.user ?? (document.querySelector("[data-loose]")
  && String(await get("about", "user").catch(() => "")));

const remove = (id) => drop(DIALS, id);

// One that was removed meanwhile must not come back.
const update = (id, values) => change(DIALS, (store) => {
  const found = store.get(id);
  found.onsuccess = () => {
    if (found.result) store.put({ ...found.result, ...values });
  };
  return found;
});

// --- noting a tap, and ringing

const wait = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

function mayRing(link) {
  const until = form?.dataset.ringsUntil;
  return !until || new Date() < new Date(until) || confirm(form.dataset.asks);
}

function tapped(number) {
  const at = new Date().toISOString();
  const { call, group } = form.dataset;
  const ticket = form.elements.ticket.value;
  return { id: `${call}:${at}`, user, case: call, group, number, at, ticket, sent: false, told: false };
}

async function note(record) {
  show(record.at);
  // A full store, or none, must not keep anybody from ringing.
  await Promise.race([put(DIALS, record).catch(() => {}), wait(NOTED_WITHIN)]);
  send(record);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dial] a.dial");
  if (!link || !form || !user || event.defaultPrevented) return;
  if (link.dataset.noted) {
    delete link.dataset.noted;
    return;
  }
  if (!mayRing(link)) {
    event.preventDefault();
    return;
  }
  const noted = note(tapped(link.closest("[data-dial]").dataset.dial));
  choose(link.closest("[data-dials]").dataset.dials);
  // Another window opens at once; only the phone must not take over before the tap is kept.
  if (link.target === "_blank") return;
  event.preventDefault();
  noted.then(() => {
    link.dataset.noted = "yes";
    link.click();
  });
});

// Whoever taps a number has rung that number: its tile under "Which number did you ring?" follows.
function choose(number) {
  for (const tile of document.querySelectorAll("input[type=radio][name=number]")) {
    if (tile.value === number) tile.checked = true;
  }
}

// --- telling the server

const NEVER = [400, 404, 422];

async function send(record) {
  const body = new URLSearchParams({ number: record.number, at: record.at, ticket: record.ticket });
  const address = `/calls/cases/${record.case}/dials`;
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body, keepalive: true });
  } catch {
    return; // no line: it goes with the next page
  }
  const settled = answer.ok ? record.told || !(await answer.json()).asked : NEVER.includes(answer.status);
  await (settled ? remove(record.id) : update(record.id, { sent: answer.ok })).catch(() => {});
}

async function kept() {
  const records = await all(DIALS).catch(() => []);
  const fresh = (record) => Date.now() - new Date(record.at) < KEPT_FOR;
  await Promise.all(records.filter((record) => !fresh(record)).map((record) => remove(record.id)));
  return records.filter((record) => record.user === user && fresh(record));
}

const loose = (records) => records.filter((record) => !record.told);

// What was said of a case settles its dials; those not sent yet are still to be told.
async function settle(which) {
  const records = (await kept()).filter((record) => record.case === which);
  await Promise.all(records.map((record) => (
    record.sent ? remove(record.id) : update(record.id, { told: true }))));
}

form?.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) settle(form.dataset.call);
});

// --- asking on the call screen

let since = asked?.dataset.dialledAt;
let ticking;

const clock = (at) => new Date(at).toLocaleTimeString(
  document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function show(at) {
  if (!asked) return;
  since = at;
  const text = asked.querySelector("[data-says]");
  text.textContent = text.dataset.says.replace("{time}", clock(at));
  form.elements.started_at.value = at;
  asked.hidden = false;
  tick();
}

function hide() {
  since = undefined;
  asked.hidden = true;
  tick();
}

// --- the timer

const LONGEST = 3600;
const STEP = matchMedia("(prefers-reduced-motion: reduce)").matches ? 10 : 1;

function tick() {
  const timer = asked.querySelector("[data-timer]");
  const passed = Math.floor((Date.now() - new Date(since)) / 1000);
  timer.hidden = !since || passed < 0 || passed > LONGEST;
  const shown = passed - (passed % STEP);
  const two = (number) => String(number).padStart(2, "0");
  if (!timer.hidden) timer.textContent = `${two(Math.floor(shown / 60))}:${two(shown % 60)}`;
  clearTimeout(ticking);
  if (!timer.hidden) ticking = setTimeout(tick, 1000);
}

asked?.querySelector("[data-withdraw]").addEventListener("click", async (event) => {
  event.preventDefault();
  hide();
  form.elements.started_at.value = new Date().toISOString();
  const records = (await kept()).filter((record) => record.case === form.dataset.call);
  await Promise.all(records.map((record) => remove(record.id)));
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
  fetch(event.target.formAction, { method: "POST", body, keepalive: true }).catch(() => {});
});

// --- asking at home

function list(records) {
  const place = document.querySelector("[data-loose]");
  if (!place) return;
  for (const record of records) {
    if (place.querySelector(`[data-case="${record.case}"]`)) continue;
    const item = place.querySelector("template").content.cloneNode(true);
    item.firstElementChild.dataset.case = record.case;
    item.querySelector("time").textContent = clock(record.at);
    item.querySelector("a").href = `/calls/groups/${record.group}?case=${record.case}`;
    place.querySelector("ul").append(item);
    place.hidden = false;
  }
}

async function ask() {
  const records = await kept();
  const here = loose(records).filter((record) => record.case === form?.dataset.call);
  const last = here.sort((one, other) => one.at.localeCompare(other.at)).at(-1);
  if (last && (!since || new Date(last.at) > new Date(since))) show(last.at);
  else if (since) tick();
  list(loose(records));
  await Promise.all(records.map(send));
}

// By whatever way they come back: the page may have slept while they spoke.
if (user) {
  ask();
  window.addEventListener("online", ask);
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    if (since) asked.scrollIntoView({ block: "nearest" });
    ask();
  });
}
