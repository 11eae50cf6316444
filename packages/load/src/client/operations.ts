/**
 * What the load's users do. `repeat` is a double click: one booking asked for twice at once under one Idempotency-Key.
 * `own-read` reads the ledger in which the user's own last write must stand. `analytics` is one of the questions that read much, and
 * `report` a file of today's ledger.
 */
export const OPERATION_KINDS = [
  'earn',
  'redeem',
  'transfer',
  'repeat',
  'profile',
  'own-read',
  'analytics',
  'report',
  'login',
] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/**
 * Shares in percent: half writes, as at a till. A login costs the API about 0.2 s of a core (its password hash), so there are
 * few.
 */
const SHARES: Record<OperationKind, number> = {
  earn: 25,
  redeem: 11,
  transfer: 10,
  repeat: 2,
  profile: 28.65,
  'own-read': 21.5,
  analytics: 1.5,
  report: 0.1,
  login: 0.25,
};

/** One thing to do, without any state of the platform: the same for the same seed. */
export interface PlannedOperation {
  kind: OperationKind;
  /** Number of the virtual user. */
  user: number;
  /** Number of the customer; of the one who gives, for a transfer. */
  customer: number;
  /** The one who gets. */
  other: number;
  points: number;
}

/** Draws what is done next. Pure but for `random`. */
export function planOperation(random: () => number, users: number, customers: number): PlannedOperation {
  const pick = (count: number) => Math.floor(random() * count);
  const kind = pickKind(random() * 100);
  const customer = pick(customers);
  return {
    kind,
    user: pick(users),
    customer,
    other: (customer + 1 + pick(customers - 1)) % customers,
    // Now and then more than there is: some redemptions must be refused.
    points: 1 + pick(kind === 'redeem' ? 150 : 100),
  };
}

function pickKind(at: number): OperationKind {
  let upTo = 0;
  for (const kind of OPERATION_KINDS) {
    upTo += SHARES[kind];
    if (at < upTo) return kind;
  }
  return 'profile';
}

/** A ledger line that a write must leave: on which customer, and how it changes the balance. */
export interface ExpectedEntry {
  customer: string;
  points: number;
}

/** The ledger lines of one operation: none for a read. Pure. */
export function expectedEntries(operation: {
  kind: OperationKind;
  customer?: string;
  to?: string;
  points?: number;
}): ExpectedEntry[] {
  const { kind, customer = '', to = '', points = 0 } = operation;
  switch (kind) {
    case 'earn':
    case 'repeat':
      return [{ customer, points }];
    case 'redeem':
      return [{ customer, points: -points }];
    case 'transfer':
      return [
        { customer, points: -points },
        { customer: to, points },
      ];
    default:
      return [];
  }
}

export function isWrite(kind: OperationKind): boolean {
  return expectedEntries({ kind }).length > 0;
}
