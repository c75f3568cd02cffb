/** Keyboard: one list of keys, each with words for the help that ? opens. */

import { h } from "./dom";
import { t } from "./i18n";

interface Key {
  key: string;
  words: string;
  run: () => boolean | void;
}

export class Keys {
  private keys: Key[] = [];
  private help: HTMLDialogElement | null = null;

  constructor() {
    document.addEventListener("keydown", (event) => this.hear(event));
    this.add("?", t("列出快捷键"), () => this.list());
  }

  /** A key pressed outside of fields; of several for one key the newest that does not answer false acts. */
  add(key: string, words: string, run: () => boolean | void): () => void {
    const entry = { key, words, run };
    this.keys.unshift(entry);
    return () => (this.keys = this.keys.filter((other) => other !== entry));
  }

  private hear(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // A dialog hears its keys itself: Escape closes it and nothing behind it.
    if (document.querySelector("dialog[open]")) return;
    const target = event.target as HTMLElement;
    const writing = target.matches?.("input:not([type=checkbox],[type=range],[type=radio]), textarea, select");
    if (writing && event.key !== "Escape") return;
    for (const entry of this.keys) {
      if (entry.key === event.key && entry.run() !== false) {
        event.preventDefault();
        return;
      }
    }
  }

  private list(): void {
    this.help?.remove();
    const seen = new Map([...this.keys].reverse().map((entry) => [entry.key, entry.words]));
    const rows = [...seen].map(([key, words]) => h("tr", {}, h("th", {}, h("kbd", {}, key)), h("td", {}, words)));
    const close = h("button", { class: "button", onclick: () => this.help?.close() }, t("关闭"));
    this.help = h("dialog", { class: "dialog", "aria-label": t("快捷键") }, h("h2", {}, t("快捷键")), h("table", {}, ...rows), close);
    document.body.append(this.help);
    this.help.showModal();
  }
}
