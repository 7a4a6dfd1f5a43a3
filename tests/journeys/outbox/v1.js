// What version 1 of the app left on a device: kept as it was, so that later ones still send it.
async ({ url, fields, at, caseId, user }) => {
  const db = await new Promise((resolve, reject) => {
    const request = indexedDB.open("ringround", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("about");
      request.result.createObjectStore("pages", { keyPath: "url" });
      request.result.createObjectStore("outbox", { keyPath: "id", autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const seal = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify({ url, fields, who: "王小明" }));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, seal, plain);
  const transaction = db.transaction(["about", "outbox"], "readwrite");
  transaction.objectStore("about").put(seal, "seal");
  transaction.objectStore("about").put(user, "user");
  transaction.objectStore("outbox").put({
    shape: 1, case: caseId, user, at, state: "waiting", why: "", sealed: { iv, data },
  });
  await new Promise((resolve) => { transaction.oncomplete = resolve; });
  db.close();
}
