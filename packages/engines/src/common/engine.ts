import type { RenderContext, ServiceBundle } from './context.ts';

/**
 * When a host stops that runs it, in this order: who only takes requests, who keeps data that the others still send to, who decides
 * who leads.
 */
export const STOP_WAVES = ['front', 'data', 'quorum'] as const;
export type StopWave = (typeof STOP_WAVES)[number];

/** One kind of process that hosts run, as all that is outside of its folder knows it. */
export interface Engine {
  /** Its supervised process on one host. Pure. */
  render(context: RenderContext): ServiceBundle;
  stop: {
    wave: StopWave;
    /** How long it may take to end in good order, in milliseconds, before it is killed. */
    withinMs: number;
  };
  /** Its members vote, and know each other by their places: on a platform that is up they cannot move. */
  votes?: true;
  /**
   * It does little, and all others wait for it. On real machines nobody takes its processors; here those that are asked too much
   * would.
   */
  urgent?: true;
  /** It holds addresses that move from host to host. */
  networkAdmin?: true;
  /** It runs the project's code. */
  code?: true;
}
