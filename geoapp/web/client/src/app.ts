/** What the page offers to its tools: one module per tool, each installs itself here. */

import type { Map as MapLibreMap } from "maplibre-gl";
import type { Box, Catalogue } from "./catalogue";
import type { Keys } from "./keys";
import type { Overlays } from "./overlays";
import type { Panels } from "./panels";
import type { State } from "./state";
import type { Tray } from "./tray";

/** A place as the server describes it on a date; `figures` are ready to be shown. */
export interface PlaceInfo {
  level: string;
  level_title: string;
  code: string;
  name: string;
  illustrative: boolean;
  households: number | null;
  figures: { label: string; value: string; estimated: boolean; note: string }[];
  bbox: Box | null;
}

/** A button that a tool puts under a chosen place. */
export interface PlaceAction {
  label: string;
  /** Is it of use for this place? */
  when(place: PlaceInfo): boolean;
  run(place: PlaceInfo): void;
}

/** Where on the map somebody pressed. */
export interface MapPress {
  lon: number;
  lat: number;
  /** Pixels from the map's top left corner, for queryRenderedFeatures. */
  x: number;
  y: number;
}

/** First handler that answers true keeps the press for itself; later ones do not hear of it. */
export type PressHandler = (press: MapPress) => boolean;

export interface App {
  /** Null where the browser cannot draw (no WebGL): tools then offer what works without a map. */
  readonly map: MapLibreMap | null;
  catalogue: Catalogue;
  readonly state: State;
  readonly panels: Panels;
  readonly tray: Tray;
  readonly keys: Keys;
  readonly overlays: Overlays;
  readonly placeActions: PlaceAction[];
  /** Put a handler before all others; gives the function that takes it away again. */
  onPress(handler: PressHandler): () => void;
  /** Bring a box into view, beside whatever panels are open. */
  show(box: Box): void;
  /** Move the map, if need be, so that no panel covers the point. */
  reveal(lon: number, lat: number): void;
  /** Ask the server again what can be drawn (after an import or an adoption). */
  refresh(): Promise<void>;
  /** Hear when `refresh` has brought a new catalogue. */
  onRefresh(listener: () => void): void;
}

export interface Tool {
  id: string;
  install(app: App): void | Promise<void>;
}
