// What the device keeps: pages of the batch and calls not yet sent, each sealed with a key that no
// script can read out. The numbers beside them say nothing of a resident, nor do the dials, which
// are kept in clear: a case, a group, the key of a number, a time.

const NAME = "ringround";
const VERSION = 2;
const STORES = {
  about: {},
  pages: { keyPath: "url" },
  outbox: { keyPath: "id", autoIncrement: true },
  dials: { keyPath: "id" },
};
const KEY = "seal";

let opened;

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const db = request.result;
      for (const [name, how] of Object.entries(STORES)) {
        if (!db.objectStoreNames.contains(name)) db.createObjectStore(name, how);
      }
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => { request.result.close(); opened = undefined; };
      resolve(request.result);
    };
    request.onerror = () => { opened = undefined; reject(request.error); };
  });
  return opened;
}

// Resolves when what was done is on the disk, as far as the browser can say.
export async function change(name, work) {
  const db = await open();
  const transaction = db.transaction(name, "readwrite", { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  const result = work(transaction.objectStore(name));
  await done;
  return result.result;
}

async function look(name, work) {
  const db = await open();
  return settled(work(db.transaction(name).objectStore(name)));
}

export const get = (name, key) => look(name, (store) => store.get(key));
export const all = (name) => look(name, (store) => store.getAll());
export const put = (name, value, key) => change(name, (store) => store.put(value, key));
export const drop = (name, key) => change(name, (store) => store.delete(key));
export const clear = (name) => change(name, (store) => store.clear());

async function key() {
  const found = await get("about", KEY);
  if (found) return found;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // Another tab may have been faster: the first one stays.
  await change("about", (store) => {
    const before = store.get(KEY);
    before.onsuccess = () => { if (!before.result) store.put(made, KEY); };
    return before;
  });
  return get("about", KEY);
}

export async function sealed(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), plain) };
}

// What was sealed; nothing where it can't be read any more.
export const readable = (what) => unsealed(what).catch(() => undefined);

export async function unsealed({ iv, data }) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(), data);
  return JSON.parse(new TextDecoder().decode(plain));
}
