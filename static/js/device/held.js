// The batch on the device: its call screens as the server made them, for when there is no line.
// They go when the hold ends, and a little before, for somebody else may have the number then.

import { all, change, clear, drop, get, put, readable, sealed, unsealed } from "./store.js";

const MARGIN = 120_000;
const HELD = "/calls/held";
const KEPT_HEADERS = /^(content-|cross-origin-|permissions-|referrer-|x-|origin-agent)/;

const STARTED = /(name="started_at" value=")[^"]*/;

const isOver = (page) => Date.now() >= page.until - MARGIN;

async function valid() {
  const pages = await all("pages");
  for (const page of pages.filter(isOver)) await drop("pages", page.url);
  return pages.filter((page) => !isOver(page)).sort((a, b) => a.place - b.place);
}

// How often the device has forgotten: what was asked for before that is not kept after it.
let era = 0;

export function wipe() {
  era += 1;
  return clear("pages");
}

// Whose device it is nobody knows any more; what waits to be sent stays.
export async function leave() {
  await wipe();
  await drop("about", "user");
}

// The call screen at this address, if it is on the device. The call begins now, by the server's
// clock, not when the page was fetched.
export async function page(url) {
  const found = (await valid()).find((one) => one.url === url);
  if (!found) return undefined;
  const { html, headers } = await unsealed(found.sealed);
  const now = new Date(Date.now() - await get("about", "skew")).toISOString();
  return new Response(html.replace(STARTED, `$1${now}`), { headers });
}

// Where the next resident stands whom nobody has rung yet, nor has just now.
export async function next(rung = []) {
  return (await valid()).find((one) => !one.done && !rung.includes(one.case))?.url;
}

export async function list() {
  const pages = await valid();
  return Promise.all(pages.map(async (one) => ({ ...one, who: (await readable(one.sealed))?.who ?? "" })));
}

// The residents of these cases have been rung: others come first.
export function done(cases) {
  return change("pages", (store) => {
    const found = store.getAll();
    found.onsuccess = () => {
      for (const one of found.result.filter((page) => cases.includes(page.case))) store.put({ ...one, done: true });
    };
    return found;
  });
}

// Brings the device in line with what the server says is held. Returns whether it could be asked.
export async function sync() {
  const begun = era;
  const answer = await fetch(HELD, { redirect: "manual", cache: "no-store" });
  if (!answer.ok) return answer.status < 500 && answer.type !== "opaqueredirect";
  const held = await answer.json();
  if (era !== begun) return true;
  if (held.user === null) {
    await leave();
    return true;
  }
  await forgetOthers(held.user);
  const had = new Map((await all("pages")).map((one) => [one.url, one]));
  const skew = Date.now() - Date.parse(held.now);
  await put("about", skew, "skew");
  for (const [place, one] of held.pages.entries()) {
    const page = had.get(one.url) ?? await taken(one);
    had.delete(one.url);
    if (era !== begun) return true;
    if (page) await keep({ ...page, place, until: Date.parse(one.until) + skew });
  }
  for (const url of had.keys()) await drop("pages", url);
  return true;
}

// Who was rung while the others were taken stays so.
function keep(page) {
  return change("pages", (store) => {
    const before = store.get(page.url);
    before.onsuccess = () => store.put({ ...page, done: before.result?.done ?? page.done });
    return before;
  });
}

// What one account had on the device is nothing for the next.
async function forgetOthers(user) {
  if (await get("about", "user") === user) return;
  await clear("pages");
  await put("about", user, "user");
}

async function taken(one) {
  const answer = await fetch(one.kept, { redirect: "manual", cache: "no-store" });
  if (!answer.ok) return undefined;
  const headers = [...answer.headers].filter(([name]) => name === "content-security-policy" || KEPT_HEADERS.test(name));
  const html = await answer.text();
  const content = await sealed({ html, headers, who: one.who });
  return { url: one.url, case: one.case, done: false, sealed: content };
}
