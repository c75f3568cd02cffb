/** What the server wrote into the page: language, day, layers to begin with. */

import type { Catalogue } from "./catalogue";

export interface Boot {
  language: "zh" | "en";
  /** Civil day of the district, YYYY-MM-DD. */
  today: string;
  /** Day as of which the map opens where the address names none. */
  opening: string;
  /** Dictionary from Chinese; empty on Chinese pages. */
  messages: Record<string, string>;
  catalogue: Catalogue;
  /** Address of MapLibre's worker. */
  worker: string;
  /** Largest upload in bytes. */
  maxUploadBytes: number;
}

function read(): Boot {
  const element = document.getElementById("boot");
  if (!element?.textContent) throw new Error("the page lacks its boot data");
  return JSON.parse(element.textContent) as Boot;
}

export const boot: Boot = read();
