/** What is to be broken. Beside these keys it has those of its kind's options, e.g. `lossPercent`. */
export interface FaultRequest<Kind extends string = string> {
  kind: Kind;
  /** `HOST`, `HOST/SERVICE`, `zone-ZONE`, `region-REGION`, `ZONE-ZONE` or `REGION-REGION`: each kind says which it takes. */
  target: string;
  /** Undone by itself after this long. */
  forMs?: number;
  [option: string]: unknown;
}

export interface Fault<Kind extends string = string> extends FaultRequest<Kind> {
  id: string;
  /** ISO 8601. */
  since: string;
  /** ISO 8601; when it ends by itself. */
  until?: string;
  /** Where a kind hits what there is at that moment: the hosts that it hit and that are still under it. See `touchedHosts`. */
  hosts?: string[];
  /** What of it could not be done on this machine. */
  note?: string;
}
