/** Divisions as the server keeps them. */

import type { Ground } from "./division-model";
import { getJson, postJson } from "./api";

export interface PartScore {
  number: number;
  name: string;
  households: number;
  households_estimated: number;
  pieces: number;
  area_m2: number;
  staff_min: number;
  staff_max: number;
  staff_now: number | null;
  shortfall: number | null;
  load: number;
  mark: string;
  extent: string;
  counts: Record<string, number>;
  walk: { station: string; planned: boolean; median_s: number | null; p90_s: number | null; by_network: boolean } | null;
}

export interface Score {
  parts: PartScore[];
  households: number;
  households_estimated: number;
  staff_now: number | null;
  staff_min: number;
  staff_max: number;
  shortfall: number | null;
  load_now: number | null;
  load: number;
  load_change_share: number | null;
  moved_households: number;
  border: { by_kind: { kind: string; title: string; length_m: number }[]; by_name: { name: string; length_m: number }[]; length_m: number };
  compounds_cut: string[];
  grids_cut: string[];
  warnings: string[];
}

export interface Plan {
  number: number;
  name: string;
  profile_title: string;
  based_on: number | null;
  part_of: number[];
  part_names: string[];
  revision: number;
  can_undo: boolean;
  can_redo: boolean;
  has_certificate: boolean;
  proof: { proved: boolean; sentence: string; conditions: string[] };
  score: Score;
}

export interface Division {
  id: string;
  place: { code: string; name: string; households: number | null; basis: string; basis_date: string | null; staff: number | null; illustrative: boolean };
  on: string;
  state: "asked" | "ready" | "none";
  reason: string;
  job: string;
  created_at: string;
  plans: Plan[];
}

export interface Options {
  profiles: { key: string; title: string; title_en: string; purpose: string }[];
  households_most: number;
  households_merge: number;
  parts_most: number;
}

export type Wish = Record<string, unknown>;

export const options = () => getJson<Options>("/api/divisions/options");
export const ask = (code: string, wish: Wish) => postJson<Division>(`/api/places/${code}/divisions`, wish);
export const earlier = (code: string) => getJson<{ divisions: Division[] }>(`/api/places/${code}/divisions`);
export const look = (id: string) => getJson<Division>(`/api/divisions/${id}`);
export const units = (id: string) => getJson<Ground>(`/api/divisions/${id}/units`);

const at = (id: string, plan: number, what: string) => `/api/divisions/${id}/plans/${plan}/${what}`;

export const handOver = (id: string, plan: number, body: { units: number[]; to: number; revision?: number }) =>
  postJson<Plan>(at(id, plan, "steps"), body);
export const undo = (id: string, plan: number) => postJson<Plan>(at(id, plan, "undo"), {});
export const redo = (id: string, plan: number) => postJson<Plan>(at(id, plan, "redo"), {});
export const copy = (id: string, plan: number, name: string) => postJson<Plan>(at(id, plan, "copy"), { name });
export const rename = (id: string, plan: number, body: { name?: string; part_names?: string[] }) =>
  postJson<Plan>(at(id, plan, "names"), body);
export const downloadUrl = (id: string, plan: number, kind: string) => at(id, plan, `download/${kind}`);
