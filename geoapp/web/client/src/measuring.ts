/** Drawing to measure, with terra-draw; in a chunk of its own because few visits need it. */

import type { Feature, LineString, Polygon, Position } from "geojson";
import type { Map as MapLibreMap } from "maplibre-gl";
import { TerraDraw, TerraDrawLineStringMode, TerraDrawPolygonMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { geodesicArea_m2, geodesicLength_m } from "./geodesy";

export interface Measured {
  length_m: number;
  area_m2: number;
}

export interface Measuring {
  mode(name: "linestring" | "polygon"): void;
  clear(): void;
  end(): void;
}

const LINE = "#b3261e";

export function begin(map: MapLibreMap, heard: (result: Measured) => void): Measuring {
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: "measure" }),
    modes: [
      new TerraDrawLineStringMode({ styles: { lineStringColor: LINE, lineStringWidth: 3, closingPointColor: LINE } }),
      new TerraDrawPolygonMode({ styles: { fillColor: LINE, fillOpacity: 0.12, outlineColor: LINE, outlineWidth: 2, closingPointColor: LINE } }),
    ],
  });
  draw.start();
  map.doubleClickZoom.disable();
  draw.on("change", () => heard(sum(draw.getSnapshot() as Feature[])));
  return {
    mode(name) {
      draw.clear();
      draw.setMode(name);
    },
    clear: () => draw.clear(),
    end() {
      draw.stop();
      map.doubleClickZoom.enable();
    },
  };
}

function sum(features: Feature[]): Measured {
  const result = { length_m: 0, area_m2: 0 };
  for (const feature of features) {
    if (feature.geometry.type === "LineString") result.length_m += geodesicLength_m((feature.geometry as LineString).coordinates as Position[]);
    if (feature.geometry.type === "Polygon") {
      const ring = (feature.geometry as Polygon).coordinates[0] ?? [];
      result.area_m2 += geodesicArea_m2(ring);
      result.length_m += geodesicLength_m(ring);
    }
  }
  return result;
}
