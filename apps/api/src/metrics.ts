import client from 'prom-client';

interface PoolCounts {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

/** The process's own registry, so that a second app in a test does not clash. */
export function createMetrics(instance: string) {
  const register = new client.Registry();
  register.setDefaultLabels({ instance_name: instance });
  // Coarser than the default 10 ms: it wakes the process up less.
  client.collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 50 });
  const registers = [register];

  const requests = new client.Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer, by route, method and status class',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const inFlight = new client.Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests being answered now',
    registers,
  });
  const databaseRetries = new client.Counter({
    name: 'db_retries_total',
    help: 'Work that ran again, by kind of failure',
    labelNames: ['kind'],
    registers,
  });
  const reads = new client.Counter({
    name: 'db_reads_total',
    help: 'Reads that a replica may serve, by who served them',
    labelNames: ['by'],
    registers,
  });
  const cacheRequests = new client.Counter({
    name: 'cache_requests_total',
    help: 'Look-ups in the cache, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const replays = new client.Counter({
    name: 'idempotent_replays_total',
    help: 'Requests answered from an earlier one with the same key',
    registers,
  });

  const pools = new Map<string, PoolCounts>();
  new client.Gauge({
    name: 'db_pool_connections',
    help: 'Connections and those who wait for one',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, { totalCount, idleCount, waitingCount }] of pools) {
        this.set({ pool, state: 'idle' }, idleCount);
        this.set({ pool, state: 'busy' }, totalCount - idleCount);
        this.set({ pool, state: 'waiting' }, waitingCount);
      }
    },
  });

  const watchHold = (hold: { readonly waiting: number; readonly isOpen: boolean }) => {
    new client.Gauge({
      name: 'db_hold_waiting',
      help: 'Requests that wait for a primary or a free connection',
      registers,
      collect() {
        this.set(hold.waiting);
      },
    });
    new client.Gauge({
      name: 'db_primary_available',
      help: '1 when there is a primary',
      registers,
      collect() {
        this.set(hold.isOpen ? 1 : 0);
      },
    });
  };

  return {
    register,
    requests,
    inFlight,
    databaseRetries,
    reads,
    cacheRequests,
    replays,
    watchHold,
    watchPool: (name: string, pool: PoolCounts) => void pools.set(name, pool),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
