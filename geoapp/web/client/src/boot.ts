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
  me: Me;
}

/** Who is looking, as /api/me tells it. */
export interface Me {
  signed_in: boolean;
  name: string | null;
  /** Per permission the codes of the places from which down it is held; "" is everywhere. */
  rights: Record<string, string[]>;
  /** What every change has to carry, so that no other site can make this browser send it. */
  csrf_token: string;
}

function read(): Boot {
  const element = document.getElementById("boot");
  if (!element?.textContent) throw new Error("the page lacks its boot data");
  return JSON.parse(element.textContent) as Boot;
}

export const boot: Boot = read();

/** Is a permission held at a place (or at any)? What is not offered here, the server refuses too. */
export function may(permission: string, code?: string): boolean {
  const tops = boot.me.rights[permission] ?? [];
  return code === undefined ? tops.length > 0 : tops.some((top) => code.startsWith(top));
}
