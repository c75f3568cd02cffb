/** What could not be sent stays on this phone, pictures too, and goes out when the network is back. */

import { byId, fill, h } from "./dom";
import { t } from "./i18n";
import { Refused, send, Unreachable, type Sending } from "./report-sending";
import { remember } from "./report-remembered";

const DATABASE = "geoapp-reports";
const STORE = "drafts";

interface Draft {
  /** The sending's own key: the same draft sent twice is one report. */
  key: string;
  address: string;
  at: number;
  fields: [string, string][];
  photos: { name: string; type: string; bytes: ArrayBuffer }[];
  /** The server said no: it is kept, with the reason, until the sender decides. */
  refused?: string;
}

type Say = (sentence: string, link?: { href: string; words: string }) => void;

export function keepDrafts(say: Say): { keep: (sending: Sending) => Promise<void> } {
  let running = false;
  const flush = async () => {
    if (running || !navigator.onLine) return;
    running = true;
    try {
      for (const draft of await all()) {
        if (draft.refused) continue;
        try {
          const receipt = await send({ address: draft.address, form: formOf(draft) });
          await remove(draft.key);
          remember(receipt);
          say(t("存着的那件已发出，受理编号 {number}", { number: receipt.number }), { href: receipt.address, words: t("查看") });
        } catch (error) {
          if (error instanceof Unreachable) break;
          if (error instanceof Refused) await put({ ...draft, refused: error.message });
        }
      }
    } finally {
      running = false;
      await show();
    }
  };
  window.addEventListener("online", () => void flush());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void flush());
  // A phone that says it is online may still reach nobody: try again now and then while the page is open.
  window.setInterval(() => void flush(), 30_000);
  // Without a network, too, whoever opens the form sees what waits on the phone.
  void show();
  void flush();
  return {
    async keep(sending) {
      try {
        await put(await draftOf(sending));
        say(t("没有网络：已存在这部手机里，有网就自动发出。请别清除浏览器数据。"));
      } catch {
        say(t("没有网络，这部手机也存不下；请别关这一页，有网时再点提交。"));
      }
      await show();
    },
  };
}

async function show(): Promise<void> {
  const section = document.getElementById("drafts");
  if (!section) return;
  const drafts = await all().catch(() => []);
  section.hidden = !drafts.length;
  if (!drafts.length) return;
  const items = drafts.map((draft) => {
    const words = draft.fields.find(([name]) => name === "words")?.[1] ?? "";
    const drop = h("button", { class: "button small", type: "button" }, t("不发了，删掉"));
    drop.addEventListener("click", () => void remove(draft.key).then(show));
    return h("li", {}, h("p", {}, words || t("（没有写字）"), " · ", t("{n} 张照片", { n: draft.photos.length })), draft.refused ? h("p", { class: "error" }, draft.refused) : null, drop);
  });
  fill(byId("drafts"), h("h2", {}, t("还没发出的")), h("ul", { class: "near" }, ...items));
}

async function draftOf({ address, form }: Sending): Promise<Draft> {
  const draft: Draft = { key: String(form.get("key")), address, at: Date.now(), fields: [], photos: [] };
  for (const [name, value] of form.entries()) {
    // Bytes, not Blobs: older Safari loses Blobs from its database.
    if (typeof value === "string") draft.fields.push([name, value]);
    else draft.photos.push({ name: value.name, type: value.type, bytes: await value.arrayBuffer() });
  }
  return draft;
}

function formOf(draft: Draft): FormData {
  const form = new FormData();
  for (const [name, value] of draft.fields) form.append(name, value);
  for (const photo of draft.photos) form.append("photos", new File([photo.bytes], photo.name, { type: photo.type }));
  return form;
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("indexedDB"));
  });
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      // Only a finished transaction is on the disk.
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("indexedDB"));
    });
  } finally {
    database.close();
  }
}

const all = () => within<Draft[]>("readonly", (store) => store.getAll() as IDBRequest<Draft[]>).then((drafts) => drafts.sort((a, b) => a.at - b.at));
const put = (draft: Draft) => within("readwrite", (store) => store.put(draft));
const remove = (key: string) => within("readwrite", (store) => store.delete(key));
