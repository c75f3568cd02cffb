/** The chosen pictures: several choices add up, each is shown and can be taken out again. */

import { byId, fill, h } from "./dom";
import { t } from "./i18n";

export class Photos {
  private chosen: File[] = [];
  private readonly field: HTMLInputElement;
  private readonly most: number;
  onChange: () => void = () => undefined;

  constructor(form: HTMLFormElement) {
    this.field = form.querySelector<HTMLInputElement>("input[type=file][name=photos]") as HTMLInputElement;
    this.most = Number(this.field.dataset["most"] ?? 6);
    this.field.addEventListener("change", () => {
      const left: string[] = [];
      for (const file of this.field.files ?? []) {
        const known = this.chosen.some((other) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified);
        // Old phones give no type: the server looks at what is in it.
        if (file.type && !file.type.startsWith("image/")) left.push(t("“{name}”不是照片，没有放进来", { name: file.name }));
        else if (!known && this.chosen.length < this.most) this.chosen.push(file);
        else if (!known) left.push(t("最多 {n} 张，“{name}”没有放进来", { n: this.most, name: file.name }));
      }
      this.field.value = "";
      this.draw(left);
    });
  }

  get files(): readonly File[] {
    return this.chosen;
  }

  /** The form with the chosen files in the place of what the field holds. */
  fill(form: FormData): FormData {
    form.delete("photos");
    for (const file of this.chosen) form.append("photos", file, file.name);
    return form;
  }

  clear(): void {
    this.chosen = [];
    this.draw();
  }

  private draw(left: readonly string[] = []): void {
    const shown = this.chosen.map((file, index) => {
      const out = h("button", { class: "button small", type: "button", "aria-label": t("拿掉第 {n} 张照片", { n: index + 1 }) }, t("拿掉"));
      out.addEventListener("click", () => {
        this.chosen.splice(index, 1);
        this.draw();
        this.field.focus();
      });
      return h("figure", {}, thumbnail(file, index), out);
    });
    fill(byId("chosen"), ...shown, ...left.map((words) => h("p", { class: "hint" }, words)));
    this.onChange();
  }
}

/** The picture itself, or its name where this browser cannot draw the kind (HEIC in most). */
export function thumbnail(file: File, index: number): HTMLElement {
  const address = URL.createObjectURL(file);
  const image = h("img", { src: address, alt: t("第 {n} 张照片", { n: index + 1 }), width: 96, height: 96 });
  image.addEventListener("load", () => URL.revokeObjectURL(address));
  image.addEventListener("error", () => {
    URL.revokeObjectURL(address);
    image.replaceWith(h("figcaption", {}, file.name));
  });
  return image;
}
