// Calls that wait on the device until there is a line: in order for each case, and one that the
// server will not have holds up no other. Each carries its key and its batch's deposit ticket, so
// that it is taken once, whatever became of the session.

import { all, drop, get, put, readable, sealed, unsealed } from "./store.js";

const SHAPE = 1;
const LOCK = "ringround-outbox";
const PATIENCE = 30_000;
const UNREADABLE = { saved: false, why: "", state: "unreadable" };

const caseOf = (fields) => fields.find(([name]) => name === "case")[1];

// Keeps a form as it was sent, as pairs of name and value, and reads it back; throws where the
// device can't be trusted to have kept it. "who" is what the volunteer knows the resident by.
export async function keep(url, fields, who) {
  const call = { url, fields, who };
  const row = {
    shape: SHAPE, case: caseOf(fields), user: await get("about", "user"), at: Date.now(),
    state: "waiting", why: "",
  };
  const id = await put("outbox", { ...row, sealed: await sealed(call) });
  const read = await unsealed((await get("outbox", id)).sealed);
  if (JSON.stringify(read) !== JSON.stringify(call)) throw new Error("not kept");
}

// All that is there; whom a call was with only for whoever made it.
export async function list() {
  const [rows, user] = await Promise.all([all("outbox"), get("about", "user")]);
  return Promise.all(rows.map(async (row) => {
    const { url, fields, who } = await readable(row.sealed) ?? {};
    return { ...row, url, fields: new Map(fields), who: user && row.user === user ? who ?? "" : "" };
  }));
}

export async function counts() {
  const rows = await all("outbox");
  const waiting = rows.filter((row) => row.state === "waiting").length;
  return { waiting, told: rows.length - waiting };
}

export const dismiss = (id) => drop("outbox", id);

// Sends what waits; one tab or worker at a time. Returns whether there is nothing left to send.
export async function drain() {
  return navigator.locks.request(LOCK, async () => {
    const stuck = new Set();
    for (const row of await all("outbox")) {
      if (row.state === "waiting" && !stuck.has(row.case)) {
        const call = await readable(row.sealed);
        const answer = call ? await send(call, row.at) : UNREADABLE;
        if (!answer) return false;
        await settle(row, answer);
      }
      if (row.state === "refused") stuck.add(row.case);
    }
    return true;
  });
}

// What the server says of a call; nothing where it can't be asked now.
async function send(call, at) {
  const body = new URLSearchParams(call.fields);
  body.set("ended_at", new Date(at).toISOString());
  body.set("sent_at", new Date().toISOString());
  let answer;
  try {
    answer = await fetch(call.url, {
      method: "POST", body, redirect: "manual", cache: "no-store",
      headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return undefined;
  }
  if (answer.status === 429 || answer.status >= 500) return undefined;
  const said = await answer.json().catch(() => undefined);
  if (typeof said?.saved === "boolean") return said;
  // A page of something that stands in between, such as a network that wants a sign-in, is no
  // answer: the call goes out again later.
  return answer.status >= 400 ? { saved: false, why: String(answer.status) } : undefined;
}

async function settle(row, { saved, why, state }) {
  if (saved && !why) {
    await drop("outbox", row.id);
    return;
  }
  row.state = state ?? (saved ? "kept" : "refused");
  await put("outbox", { ...row, why });
}
