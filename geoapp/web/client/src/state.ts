/** What the page shows, in one place; whoever draws something listens for its change. */

export interface LayerState {
  visible: boolean;
  opacity: number;
}

export interface Selection {
  lon: number;
  lat: number;
  /** Code of a chosen place, where a place and not just a point was chosen. */
  place?: string;
  /** Layer and feature, where one was chosen. */
  feature?: { layer: string; id: number };
}

export interface Values {
  /** YYYY-MM-DD */
  date: string;
  /** Layer keys, lowest first. */
  order: string[];
  layers: Record<string, LayerState>;
  selection: Selection | null;
}

type Listener<K extends keyof Values> = (value: Values[K]) => void;

export class State {
  private listeners = new Map<keyof Values, Set<Listener<never>>>();

  constructor(private values: Values) {}

  get<K extends keyof Values>(name: K): Values[K] {
    return this.values[name];
  }

  set<K extends keyof Values>(name: K, value: Values[K]): void {
    this.values[name] = value;
    for (const listener of this.listeners.get(name) ?? []) (listener as unknown as Listener<K>)(value);
  }

  on<K extends keyof Values>(name: K, listener: Listener<K>): () => void {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all);
    all.add(listener as unknown as Listener<never>);
    return () => all.delete(listener as unknown as Listener<never>);
  }

  layer(key: string): LayerState {
    return this.values.layers[key] ?? { visible: false, opacity: 1 };
  }

  setLayer(key: string, change: Partial<LayerState>): void {
    this.set("layers", { ...this.values.layers, [key]: { ...this.layer(key), ...change } });
  }
}
