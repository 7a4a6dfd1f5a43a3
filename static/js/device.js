// What this device keeps of dials until the server has been told: a case, a group, the key of a
// number, a time. Nothing in it names anybody. A write is on the disk when its promise is kept.

const NAME = "ringround";
const STORE = "dials";

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

// Do something with the store; the answer comes when the transaction is complete.
async function within(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const done = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(done?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const put = (record) => within("readwrite", (store) => store.put(record));

export const remove = (id) => within("readwrite", (store) => store.delete(id));

export const all = () => within("readonly", (store) => store.getAll());

// Change a record that is still there: one that was removed meanwhile must not come back.
export const change = (id, values) => within("readwrite", (store) => {
  const asked = store.get(id);
  asked.onsuccess = () => {
    if (asked.result) store.put({ ...asked.result, ...values });
  };
});
