/** Drawers left and right of the map; on a narrow screen all of them share one bottom sheet with three heights. */

import { fill, h } from "./dom";
import { t } from "./i18n";

export interface PanelOptions {
  id: string;
  title: string;
  side: "left" | "right";
  /** Fills the body when the panel is opened for the first time. */
  render?: (body: HTMLElement) => void;
  /** Is there always a tab for it? Others have one while they are open. */
  lasting?: boolean;
  onClose?: () => void;
}

interface Panel extends PanelOptions {
  body: HTMLElement;
  rendered: boolean;
  open: boolean;
}

type Height = "low" | "half" | "full";
const NARROW = "(max-width: 760px)";
/** Heights of the sheet, as in style.css: pixels, and share of the map. */
const LOW = 72;
const HALF = 0.46;

/** A frame with tabs on top and one panel's body below. */
class Dock {
  private readonly tabs = h("div", { class: "dock-tablist", role: "tablist", onkeydown: (event: KeyboardEvent) => this.step(event) });
  private readonly head = h("div", { class: "dock-tabs" }, this.tabs);
  private readonly body = h("div", { class: "dock-body", role: "tabpanel", tabindex: "-1" });
  shown: Panel | null = null;

  constructor(
    readonly element: HTMLElement,
    private readonly owner: Panels,
  ) {
    element.append(this.head, this.body);
  }

  draw(panels: Panel[], shown: Panel | null): void {
    this.shown = shown;
    this.element.classList.toggle("collapsed", !shown);
    this.element.hidden = !panels.length;
    fill(this.tabs, ...panels.map((panel) => this.tab(panel)));
    fill(this.head, this.tabs, this.closer());
    // Tabs that do not fit scroll sideways: the chosen one is never the one that is cut off.
    const chosen = this.tabs.querySelector<HTMLElement>("[aria-selected=true]");
    if (chosen) this.tabs.scrollLeft = chosen.offsetLeft + chosen.offsetWidth - this.tabs.clientWidth;
    if (!shown) {
      fill(this.body);
      return;
    }
    if (!shown.rendered) {
      shown.rendered = true;
      shown.render?.(shown.body);
    }
    if (this.body.firstChild !== shown.body) fill(this.body, shown.body);
    this.body.setAttribute("aria-label", shown.title);
  }

  private tab(panel: Panel): HTMLElement {
    const chosen = panel === this.shown;
    const press = () => (chosen && !this.owner.narrow ? this.owner.fold(panel) : this.owner.open(panel.id));
    return h(
      "button",
      { class: "dock-tab", role: "tab", "aria-selected": String(chosen), "data-panel": panel.id, onclick: press },
      panel.title,
    );
  }

  /** Arrows go from tab to tab. */
  private step(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const tabs = [...this.tabs.querySelectorAll("button")];
    const next = tabs[tabs.indexOf(document.activeElement as HTMLButtonElement) + by];
    next?.focus();
  }

  private closer(): HTMLElement | null {
    const shown = this.shown;
    if (!shown) return null;
    const words = shown.lasting ? t("收起") : t("关闭");
    const mark = shown.lasting ? (shown.side === "left" && !this.owner.narrow ? "‹" : "›") : "×";
    const run = () => (shown.lasting ? this.owner.fold(shown) : this.owner.close(shown.id));
    return h(
      "button",
      { class: `icon-button dock-close${shown.lasting && this.owner.narrow ? " down" : ""}`, "aria-label": words, title: words, onclick: run },
      mark,
    );
  }

  focus(): void {
    this.body.focus({ preventScroll: true });
  }
}

export class Panels {
  private readonly panels = new Map<string, Panel>();
  private readonly docks: { left: Dock; right: Dock; sheet: Dock };
  private readonly media = window.matchMedia(NARROW);
  private readonly shown: { left: string | null; right: string | null; sheet: string | null } = { left: null, right: null, sheet: null };
  private height: Height = "low";
  private listeners: (() => void)[] = [];

  constructor(left: HTMLElement, right: HTMLElement, private readonly sheet: HTMLElement) {
    sheet.append(this.handle());
    this.docks = { left: new Dock(left, this), right: new Dock(right, this), sheet: new Dock(sheet, this) };
    this.media.addEventListener("change", () => this.draw());
  }

  /** One bottom sheet instead of two drawers. */
  get narrow(): boolean {
    return this.media.matches;
  }

  register(options: PanelOptions): HTMLElement {
    const body = h("div", { class: "panel", id: `panel-${options.id}` });
    this.panels.set(options.id, { ...options, body, rendered: false, open: Boolean(options.lasting) });
    this.draw();
    return body;
  }

  has(id: string): boolean {
    return this.panels.has(id);
  }

  body(id: string): HTMLElement {
    return this.get(id).body;
  }

  open(id: string, focus = false): void {
    const panel = this.get(id);
    panel.open = true;
    this.shown[panel.side] = id;
    this.shown.sheet = id;
    if (this.narrow && this.height === "low") this.height = "half";
    this.draw();
    if (focus) this.dockOf(panel).focus();
  }

  isOpen(id: string): boolean {
    const panel = this.panels.get(id);
    return Boolean(panel && this.dockOf(panel).shown === panel && !(this.narrow && this.height === "low"));
  }

  /** Take the panel away with its tab. */
  close(id: string): void {
    const panel = this.get(id);
    panel.open = Boolean(panel.lasting);
    if (this.shown[panel.side] === id) this.shown[panel.side] = this.another(panel);
    if (this.shown.sheet === id) this.shown.sheet = this.another(panel) ?? this.firstLasting();
    this.draw();
    panel.onClose?.();
  }

  /** Leave the tab, hide the body. */
  fold(panel: { id: string; side: "left" | "right" }): void {
    if (this.narrow) this.height = "low";
    else this.shown[panel.side] = null;
    this.draw();
  }

  /** Close or fold what was opened last; false when nothing is open. */
  closeTop(): boolean {
    for (const dock of this.narrow ? [this.docks.sheet] : [this.docks.right, this.docks.left]) {
      const shown = dock.shown;
      if (!shown || (this.narrow && this.height === "low")) continue;
      if (shown.lasting) this.fold(shown);
      else this.close(shown.id);
      return true;
    }
    return false;
  }

  /** Something long is to be read: a sheet takes all its height. */
  rise(): void {
    if (!this.narrow) return;
    this.height = "full";
    this.draw();
  }

  /** Something on the map is to be looked at: a sheet over all of it goes down to half. */
  giveWay(): void {
    if (!this.narrow || this.height !== "full") return;
    this.height = "half";
    this.draw();
  }

  onLayout(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Pixels of the map that open panels cover, for fitting things into the rest. */
  padding(): { top: number; right: number; bottom: number; left: number } {
    const edge = 24;
    if (this.narrow) return { top: edge, right: edge, bottom: this.sheetHeight() + edge, left: edge };
    return {
      top: edge,
      right: (this.docks.right.shown ? this.docks.right.element.offsetWidth : 0) + edge,
      bottom: edge,
      left: (this.docks.left.shown ? this.docks.left.element.offsetWidth : 0) + edge,
    };
  }

  /** Pixels the sheet will have when it has come to rest; while it glides its own height tells less. */
  private sheetHeight(): number {
    const whole = this.sheet.parentElement?.clientHeight ?? window.innerHeight;
    return { low: LOW, half: Math.round(whole * HALF), full: whole - 12 }[this.height];
  }

  /** The padding that will be right once the page has opened its first panel. */
  firstPadding(): { top: number; right: number; bottom: number; left: number } {
    return this.narrow ? { top: 24, right: 24, bottom: 96, left: 24 } : { top: 32, right: 72, bottom: 48, left: 368 };
  }

  private get(id: string): Panel {
    const panel = this.panels.get(id);
    if (!panel) throw new Error(`there is no panel ${id}`);
    return panel;
  }

  private dockOf(panel: Panel): Dock {
    return this.narrow ? this.docks.sheet : this.docks[panel.side];
  }

  private another(panel: Panel): string | null {
    const others = [...this.panels.values()].filter((other) => other.open && other !== panel && other.side === panel.side);
    return others.at(-1)?.id ?? null;
  }

  private firstLasting(): string | null {
    return [...this.panels.values()].find((panel) => panel.lasting)?.id ?? null;
  }

  private draw(): void {
    const open = [...this.panels.values()].filter((panel) => panel.open);
    const shown = (id: string | null) => (id ? (this.panels.get(id) ?? null) : null);
    if (this.narrow) {
      this.docks.left.draw([], null);
      this.docks.right.draw([], null);
      this.docks.sheet.draw(open, shown(this.shown.sheet) ?? open[0] ?? null);
    } else {
      this.docks.sheet.draw([], null);
      for (const side of ["left", "right"] as const) {
        this.docks[side].draw(open.filter((panel) => panel.side === side), shown(this.shown[side]));
      }
    }
    this.sheet.dataset["height"] = this.height;
    document.body.classList.toggle("narrow", this.narrow);
    for (const listener of this.listeners) listener();
  }

  /** The bar to pull: a tap goes to the next height, a drag to the nearest one. */
  private handle(): HTMLElement {
    const order: Height[] = ["low", "half", "full"];
    const bar = h("button", { class: "sheet-handle", "aria-label": t("调整面板高度") });
    let from: number | null = null;
    let moved = false;
    bar.addEventListener("pointerdown", (event) => {
      from = event.clientY;
      moved = false;
      bar.setPointerCapture(event.pointerId);
    });
    bar.addEventListener("pointermove", (event) => {
      if (from !== null && Math.abs(event.clientY - from) > 6) moved = true;
    });
    bar.addEventListener("pointerup", (event) => {
      if (from !== null && moved) {
        const share = 1 - event.clientY / window.innerHeight;
        this.height = share < 0.28 ? "low" : share < 0.7 ? "half" : "full";
        this.draw();
      }
      from = null;
    });
    bar.addEventListener("click", () => {
      if (moved) return;
      this.height = order[(order.indexOf(this.height) + 1) % order.length] ?? "half";
      this.draw();
    });
    return bar;
  }
}
