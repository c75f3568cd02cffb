/** What can be drawn, as the server lists it. */

import type { LayerSpecification } from "maplibre-gl";

export interface LegendItem {
  label: string;
  shape: "fill" | "line" | "point";
  color: string;
  outline?: string | null;
  width?: number | null;
  dashed?: boolean;
  /** The character that stands for a point, where it is not a plain disc. */
  glyph?: string | null;
}

export type Box = [west: number, south: number, east: number, north: number];

export interface LayerEntry {
  key: string;
  title: string;
  /** places (boundaries of a level) or layers. */
  group: "places" | "layers";
  kind: string;
  geometry: "polygon" | "line" | "point";
  source: string;
  licence: string;
  date: string | null;
  illustrative: boolean;
  /** May everybody see it? What may not is marked 内部资料 on paper. */
  internal: boolean;
  visible: boolean;
  opacity: number;
  count: number;
  bbox: Box | null;
  /** Features carry valid_from and valid_to (YYYYMMDD): the date decides which are drawn. */
  timed: boolean;
  /** Published file with byte ranges, of features and of their labels; null while it is not up to date. */
  tiles: string | null;
  labels: string | null;
  /** Vector tiles made when asked for: points that change. */
  live: string | null;
  /** GeoJSON, by ?bbox=. */
  features: string;
  style: LayerSpecification[];
  legend: LegendItem[];
}

export interface Catalogue {
  entries: LayerEntry[];
  bbox: Box | null;
  /** Days on which boundaries change, YYYY-MM-DD, ascending. */
  changes: string[];
  levels: { level: string; title: string }[];
}
