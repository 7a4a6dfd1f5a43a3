// The service worker: when there is no line, the volunteer goes on with what is on the device.

import * as held from "/static/js/device/held.js";
import * as leaving from "/static/js/device/leaving.js";
import * as outbox from "/static/js/device/outbox.js";

const FILES = "files";
const SHELL = "/calls/offline";
const NAMED = /(?:href|src)="(\/static\/[^"]+)"/g;
const MODULES = ["store", "held", "leaving", "outbox"].map((name) => `/static/js/device/${name}.js`);
const PATIENCE = 8_000;
const REST = 15_000;
const GROUP = /^\/calls\/groups\/\d+$/;
const NEXT = /^\/calls\/campaigns\/\d+\/next$/;

let lostAt = 0;
let sent; // the cases of a form that was answered by leading elsewhere

self.addEventListener("install", (event) => {
  // Pages of an earlier version name files that are gone now: they are taken anew.
  event.waitUntil(refreshShell().then(held.wipe).catch(() => {}));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "GET" && url.pathname.startsWith("/static/")) {
    event.respondWith(file(request));
  } else if (request.mode !== "navigate") {
    return;
  } else if (request.method === "GET") {
    event.respondWith(visit(request, url));
  } else if (GROUP.test(url.pathname)) {
    event.respondWith(save(request, url));
  } else if (["/sign-in", "/join"].includes(url.pathname)) {
    event.respondWith(arrive(event));
  } else if (url.pathname === "/sign-out") {
    event.respondWith(leave(request));
  } else if (["/language", "/type-size"].includes(url.pathname)) {
    event.respondWith(otherLook(event));
  }
});

self.addEventListener("message", (event) => {
  // A page that was on its way when the worker began is nobody's until it is claimed.
  if (event.data === "sync") event.waitUntil(self.clients.claim().then(bringUpToDate));
});

self.addEventListener("sync", (event) => event.waitUntil(tryAgain()));

let running;

// Sends what waits, then takes what is held; once at a time, whoever asks.
function bringUpToDate() {
  running ??= exchange().finally(() => { running = undefined; });
  return running;
}

async function exchange() {
  let reached = false;
  try {
    await leaving.finish();
    reached = await outbox.drain() && await held.sync();
    if (reached && !await caches.match(SHELL)) await refreshShell();
  } catch {
    reached = false;
  }
  lostAt = reached ? 0 : Date.now();
  await tell(reached ? "line" : "no-line");
  return reached;
}

// The browser tries again by itself when the line is back, if it hears that this failed.
async function tryAgain() {
  if (!await bringUpToDate()) throw new Error("no line");
}

async function tell(what) {
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage(what);
}

const isLost = () => Date.now() - lostAt < REST;

// Asks the server, but not for long, and not at all when it could not be reached just now.
async function reach(request) {
  if (isLost()) throw new Error("no line");
  try {
    const answer = await Promise.race([leaving.finish().then(() => fetch(request)), tooLong()]);
    if ([502, 503, 504].includes(answer.status)) throw new Error("no server");
    return answer;
  } catch (error) {
    lostAt = Date.now();
    tell("no-line");
    throw error;
  }
}

function tooLong() {
  return new Promise((_resolve, reject) => setTimeout(() => reject(new Error("too long")), PATIENCE));
}

async function visit(request, url) {
  const cases = sent;
  sent = undefined;
  // Only our server leads to an address that names the call just saved. Another way, such as to
  // the sign-in page of a network, says nothing of it.
  if (cases && url.searchParams.has("last")) await held.done(cases).catch(() => {});
  try {
    return await reach(request);
  } catch {
    return await fromDevice(url).catch(() => undefined) ?? shell();
  }
}

async function fromDevice(url) {
  if (GROUP.test(url.pathname)) return held.page(url.pathname + "?case=" + url.searchParams.get("case"));
  if (!NEXT.test(url.pathname)) return undefined;
  return goTo(await held.next());
}

const goTo = (url) => Response.redirect(url ?? SHELL, 303);

async function save(request, url) {
  const fields = [...new URLSearchParams(await request.clone().text())];
  try {
    const answer = await reach(request);
    if (answer.type === "opaqueredirect") sent = casesOf(fields);
    return answer;
  } catch {
    return keep(url, fields);
  }
}

const casesOf = (fields) =>
  fields.filter(([name]) => name === "case" || name === "also").map(([, value]) => Number(value));

// Says "saved" only when the call can be read from the disk again; else the form stays as it is.
async function keep(url, fields) {
  const cases = casesOf(fields);
  const here = (await held.list().catch(() => [])).find((one) => one.case === cases[0]);
  try {
    await outbox.keep(url.pathname + url.search, fields, here?.who ?? "");
  } catch {
    await tell("not-kept");
    return new Response(null, { status: 204 });
  }
  self.registration.sync?.register("outbox").catch(() => {});
  // It is kept, whatever else the store will not do: nobody is to write it down or save it again.
  await held.done(cases).catch(() => {});
  const next = await held.next(cases).catch(() => undefined);
  return goTo(`${next ?? SHELL}#kept`);
}

// Whoever comes finds nothing of who was here before, also those whose pages ask for no worker.
async function arrive(event) {
  const answer = await fetch(event.request);
  event.waitUntil(Promise.resolve(running).then(bringUpToDate));
  return answer;
}

async function leave(request) {
  const form = await request.clone().text();
  await held.leave();
  try {
    return await fetch(request);
  } catch {
    await leaving.remember(form).catch(() => {});
    self.registration.sync?.register("outbox").catch(() => {});
    return shell();
  }
}

// What is on the device is taken anew in its other look: where that fails now, by a later exchange.
async function otherLook(event) {
  const answer = await fetch(event.request);
  await held.wipe();
  event.waitUntil(refreshShell().catch(() => caches.delete(FILES)).then(() => running).then(bringUpToDate));
  return answer;
}

// The page for when there is no line, with all that it names: the call screens name the same.
async function refreshShell() {
  const files = await caches.open(FILES);
  const answer = await fetch(SHELL, { cache: "no-store" });
  const named = [...(await answer.clone().text()).matchAll(NAMED)].map(([, where]) => where);
  const wanted = new Set([...named, ...MODULES].map((where) => new URL(where, self.location).href));
  await files.addAll([...wanted]);
  await files.put(SHELL, answer);
  // What an earlier version of the app had is of no use to this one.
  const others = (await files.keys()).filter(({ url }) => !wanted.has(url) && !url.endsWith(SHELL));
  await Promise.all(others.map((request) => files.delete(request)));
}

async function shell() {
  return await caches.match(SHELL) ?? Response.error();
}

// An address with a version never means another file; the rest is asked for as long as it can be.
async function file(request) {
  const found = await caches.match(request);
  if (found && new URL(request.url).searchParams.has("v")) return found;
  try {
    const answer = await fetch(request);
    if (answer.ok) await (await caches.open(FILES)).put(request, answer.clone());
    return answer;
  } catch (error) {
    if (found) return found;
    throw error;
  }
}
