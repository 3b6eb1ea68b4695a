/** What the page keeps across reloads: one IndexedDB store of named values, since key objects cannot be kept elsewhere. */
const DATABASE = 'veilpass-room';
const STORE = 'kept';

/** Reads a value; undefined if there is none. */
export async function read<T>(name: string): Promise<T | undefined> {
  return (await run('readonly', (store) => store.get(name))) as T | undefined;
}

export async function write(name: string, value: unknown): Promise<void> {
  await run('readwrite', (store) => store.put(value, name));
}

export async function remove(name: string): Promise<void> {
  await run('readwrite', (store) => store.delete(name));
}

/** Removes all values whose names begin so. */
export async function removeAll(prefix: string): Promise<void> {
  await run('readwrite', (store) => store.delete(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));
}

async function run(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      // The transaction's end, not the request's: only then is it on disk.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
