// What is not sent yet. It outlives the page: words in localStorage, files in IndexedDB.
import { age, as, ask, isFinal, key, rest, stamp } from "./line.js";

const FILES = "files";

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("gateway-outbox", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(FILES);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function inFiles(mode, work) {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = opened.transaction(FILES, mode);
      const asked = work(transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    opened.close();
  }
}

export class Outbox {
  // onChange(items); onSent(item, messageId); onLine(isUp)
  constructor(me, onChange, onSent, onLine) {
    Object.assign(this, { name: `outbox:${as === null ? "me" : as}:${me}`, onChange, onSent, onLine, running: false, blobs: new Map() });
    addEventListener("pagehide", () => this.settle());
    addEventListener("storage", (event) => event.key === this.name && this.onChange(this.items));
    setInterval(() => this.items.length && this.settle(), 10000);
  }

  get items() {
    try {
      return JSON.parse(localStorage.getItem(this.name) || "[]");
    } catch {
      return [];
    }
  }

  keep(items) {
    if (items.length) localStorage.setItem(this.name, JSON.stringify(items));
    else localStorage.removeItem(this.name);
    this.onChange(items);
  }

  // The counted ages are put down, so that a closed page loses little.
  settle() {
    const items = this.items;
    if (items.length) localStorage.setItem(this.name, JSON.stringify(items.map((item) => ({ ...item, pressed: rest(item.pressed) }))));
  }

  async add(item, blob) {
    const whole = { ...item, client_id: key(), pressed: item.pressed || stamp(), failed: null };
    if (blob) {
      this.blobs.set(whole.client_id, blob);
      await inFiles("readwrite", (files) => files.put(blob, whole.client_id)).catch(() => {});
    }
    this.keep([...this.items, whole]);
    this.flush();
  }

  async file(item) {
    return this.blobs.get(item.client_id) || inFiles("readonly", (files) => files.get(item.client_id)).catch(() => undefined);
  }

  drop(clientId) {
    this.blobs.delete(clientId);
    const item = this.items.find((one) => one.client_id === clientId);
    if (item && item.kind === "file") inFiles("readwrite", (files) => files.delete(clientId)).catch(() => {});
    this.keep(this.items.filter((one) => one.client_id !== clientId));
  }

  again(clientId) {
    this.keep(this.items.map((item) => (item.client_id === clientId ? { ...item, failed: null } : item)));
    this.flush();
  }

  // In order, one after another; the first that meets a dead line stops the rest until the line is back.
  async flush() {
    if (this.running) {
      this.rerun = true;
      return;
    }
    this.running = true;
    try {
      let item;
      while ((item = this.items.find((one) => one.failed === null))) {
        try {
          const { message_id } = await this.post(item);
          this.onSent(item, message_id);
          this.drop(item.client_id);
          this.onLine(true);
        } catch (error) {
          if (!isFinal(error)) {
            if (error.status === undefined) this.onLine(false);
            setTimeout(() => this.flush(), 5000);
            return;
          }
          this.keep(this.items.map((one) => (one.client_id === item.client_id ? { ...one, failed: error.code } : one)));
        }
      }
    } finally {
      this.running = false;
      if (this.rerun) {
        this.rerun = false;
        this.flush();
      }
    }
  }

  async post(item) {
    const { client_id } = item;
    if (item.kind !== "file") {
      return ask("POST", "/page/send", { ...item.body, kind: item.kind, client_id, age_ms: age(item.pressed) });
    }
    const blob = await this.file(item);
    const form = new FormData();
    if (blob) form.append("file", blob, item.body.name);
    for (const [name, value] of Object.entries({ kind: item.body.as, album: item.body.album || "", client_id, age_ms: age(item.pressed) })) form.append(name, value);
    return ask("POST", "/page/upload", form, { seconds: 180 });
  }
}
