/** One press makes the words for the property manager's chat group, with the link, and puts them into the clipboard. */

import { postForm, sentence } from "./api";
import { h } from "./dom";
import { t } from "./i18n";

export function handing(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form.hand-out")) {
    const button = form.querySelector("button");
    if (!button) continue;
    button.textContent = t("复制发群的话和链接");
    const said = h("span", { class: "hint", role: "status" });
    const field = h("textarea", { class: "handed", rows: 6, readonly: true, "aria-label": t("发到群里的话") });
    let made: Promise<string> | null = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      // Pressed again, it copies the same words: another link is made by opening the page anew.
      made ??= postForm<{ share: string }>(form.action, new FormData(form), () => undefined).then((answer) => answer.share);
      const words = made;
      const copied = put(words);
      void words.then(
        async (text) => {
          field.value = text;
          form.after(said, field);
          const done = (await copied) || byHand(field);
          said.textContent = done ? t("已复制，去群里粘贴") : t("请按 Ctrl+C 复制");
        },
        (error: unknown) => {
          made = null;
          form.after(said);
          said.textContent = sentence(error);
        },
      );
    });
  }
}

/** Into the clipboard, where the browser lets pages write it; asked for within the press, while the words still come. */
async function put(words: Promise<string>): Promise<boolean> {
  if (!window.isSecureContext || !("ClipboardItem" in window)) return false;
  try {
    const text = words.then((each) => new Blob([each], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    return true;
  } catch {
    return false;
  }
}

/** The old way, for pages that do not come by TLS; the words stay selected in any case. */
function byHand(field: HTMLTextAreaElement): boolean {
  field.focus();
  field.select();
  return document.execCommand("copy");
}
