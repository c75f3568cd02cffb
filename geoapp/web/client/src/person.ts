/** Who is signed in, in the head: the way to sign in comes back to the same view, the menu closes like any other. */

import type { Tool } from "./app";
import { hashOf } from "./share";

export const person: Tool = {
  id: "person",
  install(app) {
    const link = document.getElementById("sign-in") as HTMLAnchorElement | null;
    // Only what follows the "#" knows the view, and that no server is told: it travels in the address of the form.
    link?.addEventListener("click", () => (link.search = `?next=${encodeURIComponent(location.pathname + hashOf(app))}`));
    const menu = document.querySelector<HTMLDetailsElement>("details.person");
    if (!menu) return;
    document.addEventListener("pointerdown", (event) => {
      if (!menu.contains(event.target as Node)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
  },
};
