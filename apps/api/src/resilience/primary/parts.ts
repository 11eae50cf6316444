import type { reactTo } from '../admission/gate.ts';
import type { PrimaryConnections } from './connections.ts';

/** For logs and metrics. */
export interface PrimaryEvents {
  retried?: (kind: string) => void;
  away?: (reason: string) => void;
  back?: (waiting: number) => void;
}

export interface PrimaryParts {
  connections?: PrimaryConnections;
  react?: typeof reactTo;
  /** See `HoldOptions`, also the next. */
  least?: number;
  isFlooded?: () => boolean;
}
