// Signing out without a line: the device forgets at once, and the server hears of it before anything
// else is asked of it, for nobody but who left may find the account open.

import { drop, get, put } from "./store.js";

const ABOUT = "about";
const LEAVING = "leaving";

export const remember = (form) => put(ABOUT, form, LEAVING);

export const isUnderWay = async () => Boolean(await get(ABOUT, LEAVING).catch(() => ""));

export async function finish() {
  const form = await get(ABOUT, LEAVING).catch(() => "");
  if (!form) return;
  const answer = await fetch("/sign-out", { method: "POST", body: new URLSearchParams(form) });
  if (answer.status >= 500) throw new Error("no server");
  await drop(ABOUT, LEAVING);
}
