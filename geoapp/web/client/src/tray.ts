/** The tray at the foot: jobs with progress, what was set aside, undo. Newest on top, read out to screen readers. */

import { fill, h } from "./dom";
import { t } from "./i18n";

export interface TrayAction {
  label: string;
  run?: () => void;
  href?: string;
}

export interface TrayItem {
  /** Show a share 0..1 of work done; null for work of unknown length. */
  progress(share: number | null, words: string): void;
  /** The outcome, which stays until it is closed (a good one without actions goes by itself). */
  end(kind: "good" | "warning" | "danger", words: string, actions?: TrayAction[]): void;
  setActions(actions: TrayAction[]): void;
  remove(): void;
}

const MARKS = { good: "✓", warning: "⚠", danger: "✕", busy: "…" };

export class Tray {
  constructor(private readonly element: HTMLElement) {}

  add(title: string): TrayItem {
    const mark = h("span", { class: "tray-mark", "aria-hidden": "true" }, MARKS.busy);
    const words = h("p", { class: "tray-words" });
    const bar = h("progress", { max: 1, "aria-label": title });
    const actions = h("div", { class: "tray-actions" });
    const close = h("button", { class: "icon-button", "aria-label": t("关闭"), onclick: () => item.remove() }, "×");
    const row = h("section", { class: "tray-item" }, mark, h("div", { class: "tray-body" }, h("strong", {}, title), words, bar, actions), close);
    this.element.prepend(row);
    const item: TrayItem = {
      progress(share, text) {
        if (share === null) bar.removeAttribute("value");
        else bar.value = share;
        words.textContent = text;
      },
      end(kind, text, list = []) {
        row.classList.add(kind);
        mark.textContent = MARKS[kind];
        words.textContent = text;
        bar.remove();
        item.setActions(list);
        if (kind === "good" && !list.length) window.setTimeout(() => item.remove(), 6000);
      },
      setActions(list) {
        fill(
          actions,
          ...list.map((action) =>
            action.href
              ? h("a", { class: "button small", href: action.href, target: "_blank", rel: "noopener" }, action.label)
              : h("button", { class: "button small", onclick: () => action.run?.() }, action.label),
          ),
        );
      },
      remove: () => row.remove(),
    };
    return item;
  }

  /** One sentence that needs no answer. */
  say(kind: "good" | "warning" | "danger", title: string, words = ""): void {
    this.add(title).end(kind, words);
  }
}
