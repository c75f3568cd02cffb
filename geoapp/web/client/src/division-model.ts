/** A plan being changed: figures follow each hand-over at once, by sums that only touch what changed. */

export interface Rules {
  document: string;
  households_most: number;
  households_merge: number;
  per_worker_most: number;
  per_worker_least: number;
  staff_least: number;
}

export interface BorderPiece {
  pair: [number, number];
  kind: string;
  name: string;
  length_m: number;
  line: GeoJSON.Geometry;
}

/** The units of a division, as GET /api/divisions/<id>/units gives them. */
export interface Ground {
  ids: string[];
  names: string[];
  households: number[];
  estimated: boolean[];
  compounds: (string | null)[];
  kinds: Record<string, string>;
  /** English titles of kinds of line and of profiles, by the Chinese ones. */
  titles_en: Record<string, string>;
  units: GeoJSON.FeatureCollection;
  borders: BorderPiece[];
  bbox: [number, number, number, number];
  rules: Rules;
  basis: string;
  date: string;
  notes: string[];
  illustrative: boolean;
}

export interface PartFigures {
  households: number;
  estimated: number;
  staffMin: number;
  staffNow: number | null;
  shortfall: number | null;
  load: number;
  pieces: number;
  mark: "" | "over" | "merge";
}

export interface Figures {
  parts: PartFigures[];
  staffMin: number;
  shortfall: number | null;
  load: number;
  loadNow: number | null;
  moved: number;
  border: { kind: string; title: string; length_m: number }[];
  border_m: number;
  cut: string[];
}

export class Model {
  readonly partOf: number[];
  private readonly households: number[];
  private readonly estimated: number[];
  private readonly border = new Map<string, number>();
  private readonly around: number[][];

  constructor(
    readonly ground: Ground,
    partOf: number[],
    readonly parts: number,
    private readonly staffNow: number | null,
  ) {
    this.partOf = [...partOf];
    this.households = new Array<number>(parts).fill(0);
    this.estimated = new Array<number>(parts).fill(0);
    this.around = ground.ids.map(() => []);
    ground.borders.forEach((piece, at) => {
      for (const unit of piece.pair) this.around[unit]?.push(at);
      if (this.isCut(piece)) this.addBorder(piece, 1);
    });
    partOf.forEach((part, unit) => this.count(unit, part, 1));
  }

  /** Give units to a part. */
  give(units: number[], to: number): void {
    for (const unit of units) {
      const from = this.part(unit);
      if (from === to) continue;
      for (const at of this.around[unit] ?? []) this.mark(at, -1);
      this.count(unit, from, -1);
      this.partOf[unit] = to;
      this.count(unit, to, 1);
      for (const at of this.around[unit] ?? []) this.mark(at, 1);
    }
  }

  part(unit: number): number {
    return this.partOf[unit] ?? 1;
  }

  /** The unit with all others of its compound. */
  compoundOf(unit: number): number[] {
    const name = this.ground.compounds[unit];
    if (!name) return [unit];
    return this.ground.compounds.flatMap((other, at) => (other === name ? [at] : []));
  }

  /** The other part that the units share most border with; the next one where they touch none. */
  neighbour(units: number[]): number {
    const own = this.part(units[0] ?? 0);
    const metres = new Map<number, number>();
    for (const unit of units) {
      for (const at of this.around[unit] ?? []) {
        const piece = this.ground.borders[at];
        if (!piece) continue;
        const other = this.part(piece.pair[0] === unit ? piece.pair[1] : piece.pair[0]);
        if (other !== own) metres.set(other, (metres.get(other) ?? 0) + piece.length_m);
      }
    }
    const best = [...metres].sort((a, b) => b[1] - a[1])[0];
    return best ? best[0] : (own % this.parts) + 1;
  }

  isCut(piece: BorderPiece): boolean {
    return this.part(piece.pair[0]) !== this.part(piece.pair[1]);
  }

  figures(): Figures {
    const { rules } = this.ground;
    const pieces = this.pieces();
    const staff = this.staffNow === null ? null : sharedOut(this.staffNow, this.households);
    const parts = this.households.map((households, i): PartFigures => {
      const staffMin = staffNeeded(households, rules);
      const now = staff ? (staff[i] ?? 0) : null;
      return {
        households,
        estimated: this.estimated[i] ?? 0,
        staffMin,
        staffNow: now,
        shortfall: now === null ? null : Math.max(0, staffMin - now),
        load: households / staffMin,
        pieces: pieces[i] ?? 0,
        mark: households > rules.households_most ? "over" : households < rules.households_merge ? "merge" : "",
      };
    });
    const total = this.households.reduce((sum, each) => sum + each, 0);
    const staffMin = parts.reduce((sum, part) => sum + part.staffMin, 0);
    const border = [...this.border]
      .filter(([, metres]) => metres >= 0.5)
      .map(([kind, length_m]) => ({ kind, title: this.ground.kinds[kind] ?? kind, length_m }))
      .sort((a, b) => b.length_m - a.length_m);
    return {
      parts,
      staffMin,
      shortfall: this.staffNow === null ? null : Math.max(0, staffMin - this.staffNow),
      load: total / staffMin,
      loadNow: this.staffNow ? total / this.staffNow : null,
      moved: total - (this.households[0] ?? 0),
      border,
      border_m: [...this.border.values()].reduce((sum, metres) => sum + metres, 0),
      cut: this.cutCompounds(),
    };
  }

  /** Connected pieces of each part: 1 for a contiguous one, 0 for an empty one. */
  private pieces(): number[] {
    const seen = new Uint8Array(this.partOf.length);
    const count = new Array<number>(this.parts).fill(0);
    for (let start = 0; start < seen.length; start++) {
      if (seen[start]) continue;
      const part = this.part(start);
      count[part - 1] = (count[part - 1] ?? 0) + 1;
      const open = [start];
      seen[start] = 1;
      for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
        for (const at of this.around[unit] ?? []) {
          for (const next of this.ground.borders[at]?.pair ?? []) {
            if (seen[next] || this.part(next) !== part) continue;
            seen[next] = 1;
            open.push(next);
          }
        }
      }
    }
    return count;
  }

  private cutCompounds(): string[] {
    const first = new Map<string, number>();
    const cut = new Set<string>();
    this.ground.compounds.forEach((name, unit) => {
      if (!name) return;
      const known = first.get(name);
      if (known === undefined) first.set(name, this.part(unit));
      else if (known !== this.part(unit)) cut.add(name);
    });
    return [...cut];
  }

  private count(unit: number, part: number, sign: number): void {
    const households = (this.ground.households[unit] ?? 0) * sign;
    this.households[part - 1] = (this.households[part - 1] ?? 0) + households;
    if (this.ground.estimated[unit]) this.estimated[part - 1] = (this.estimated[part - 1] ?? 0) + households;
  }

  private mark(at: number, sign: number): void {
    const piece = this.ground.borders[at];
    if (piece && this.isCut(piece)) this.addBorder(piece, sign);
  }

  private addBorder(piece: BorderPiece, sign: number): void {
    this.border.set(piece.kind, (this.border.get(piece.kind) ?? 0) + sign * piece.length_m);
  }
}

/** One worker per 150 households, at least 9. */
export function staffNeeded(households: number, rules: Rules): number {
  return Math.max(rules.staff_least, Math.ceil(households / rules.per_worker_most));
}

/** Whole numbers in proportion to weights, largest remainders first, the earlier on a tie. */
export function sharedOut(whole: number, weights: number[]): number[] {
  const total = weights.reduce((sum, each) => sum + each, 0);
  if (!total) return weights.map((_, i) => (i ? 0 : whole));
  const given = weights.map((weight) => Math.floor((whole * weight) / total));
  const rest = weights.map((weight, i) => ({ i, left: (whole * weight) % total }));
  rest.sort((a, b) => b.left - a.left || a.i - b.i);
  const missing = whole - given.reduce((sum, each) => sum + each, 0);
  for (const { i } of rest.slice(0, missing)) given[i] = (given[i] ?? 0) + 1;
  return given;
}
