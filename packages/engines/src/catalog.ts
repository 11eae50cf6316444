import type { ServiceName } from '@sbmcrm/topology';
import { alertmanager } from './alertmanager/index.ts';
import { api } from './api/index.ts';
import type { Engine } from './common/engine.ts';
import { diskWatch } from './disk-watch/index.ts';
import { etcd } from './etcd/index.ts';
import { postgresExporter, redisExporter } from './exporters/index.ts';
import { guard } from './guard/index.ts';
import { haproxy, router } from './haproxy/index.ts';
import { holder, witness } from './holder/index.ts';
import { keepalived } from './keepalived/index.ts';
import { lagWatch } from './lag-watch/index.ts';
import { PATRONI, patroni } from './postgres/index.ts';
import { prometheus } from './prometheus/index.ts';
import { redis, sentinel } from './redis/index.ts';
import { scaling } from './scaling/index.ts';
import { scheduler } from './scheduler/index.ts';

export { PATRONI };

/** Every engine, by the name of its service. Adding one takes a folder and a line here. */
export const ENGINES: Record<ServiceName, Engine> = {
  etcd,
  patroni,
  guard,
  'disk-watch': diskWatch,
  'lag-watch': lagWatch,
  redis,
  sentinel,
  haproxy,
  keepalived,
  holder,
  witness,
  scheduler,
  scaling,
  router,
  api,
  prometheus,
  alertmanager,
  'postgres-exporter': postgresExporter,
  'redis-exporter': redisExporter,
};

/** What the image of hosts has for all engines. */
export function imageRecipe(): {
  packages: string[];
  newer: Record<string, string>;
  filesBefore: Record<string, string>;
  programs: string[];
} {
  const engines = Object.values(ENGINES);
  return {
    packages: engines.flatMap((engine) => engine.packages),
    newer: Object.assign({}, ...engines.map((engine) => engine.newer)),
    filesBefore: Object.assign({}, ...engines.map((engine) => engine.image?.filesBefore)),
    programs: engines.flatMap((engine) => engine.image?.programs ?? []),
  };
}

/** The engines of services by name; a name that no engine has is passed over: a host may be from another version. */
export function enginesOf(services: readonly { name: string }[]): Engine[] {
  const known: Record<string, Engine> = ENGINES;
  return services.flatMap(({ name }) => known[name] ?? []);
}
