/** A sheet whose rows are being stored: how far it is, and what became of them once all are. */

import { getJson } from "./api";
import { byId } from "./dom";

interface Standing {
  state: "going" | "done" | "stopped";
  done: number;
  rows: number;
}

export async function following(): Promise<void> {
  if (!document.getElementById("going")) return;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // The server may be away for a while: the rows wait for it, and so does the page.
    const now = await getJson<Standing>(location.pathname).catch(() => null);
    if (!now) continue;
    if (now.state !== "going") return location.reload();
    byId("going-done").textContent = String(now.done);
    byId<HTMLProgressElement>("going-bar").value = now.done;
  }
}
