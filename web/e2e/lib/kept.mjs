/** What the page's database holds: for each name whether there is a key that could be exported, and all text in it. */
export async function keptInDatabase(page) {
  return page.evaluate(async () => {
    const { done, store } = await window.e2eStore('readonly');
    const names = await done(store.getAllKeys());
    const values = await done(store.getAll());
    const isExportable = (value) => {
      if (value instanceof CryptoKey) return value.extractable && value.type !== 'public';
      return value !== null && typeof value === 'object' && Object.values(value).some(isExportable);
    };
    return { names, texts: JSON.stringify(values), exportable: names.filter((_, at) => isExportable(values[at])) };
  });
}

/** The names of the sessions among it. */
export async function keptSessions(page) {
  return (await keptInDatabase(page)).names.filter((name) => name.startsWith('session:'));
}

/** Changes by how many seconds later the sessions that are kept end. */
export async function shiftSessionEnds(page, seconds) {
  await page.evaluate(async (shift) => {
    const { done, store } = await window.e2eStore('readwrite');
    for (const name of await done(store.getAllKeys())) {
      if (!name.startsWith('session:')) continue;
      const kept = await done(store.get(name));
      kept.session.context.expires_at += shift;
      await done(store.put(kept, name));
    }
  }, seconds);
}

/** Before the page is loaded: gives it `e2eStore`. */
export async function openStoreToTests(context) {
  await context.addInitScript(() => {
    window.e2eStore = async (mode) => {
      const done = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await done(indexedDB.open('veilpass-room'));
      const transaction = database.transaction('kept', mode);
      transaction.oncomplete = () => database.close();
      return { done, store: transaction.objectStore('kept') };
    };
  });
}
