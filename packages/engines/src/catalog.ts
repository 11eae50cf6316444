import type { ServiceName } from '@sbmcrm/topology';
import { api } from './api/index.ts';
import type { Engine } from './common/engine.ts';
import { etcd } from './etcd/index.ts';
import { haproxy, router } from './haproxy/index.ts';
import { keepalived } from './keepalived/index.ts';
import { patroni } from './postgres/index.ts';
import { redis, sentinel } from './redis/index.ts';

export { CONFIG_DIR, DATA_DIR } from './common/context.ts';

/** Every engine, by the name of its service. Adding one takes a folder and a line here. */
export const ENGINES: Record<ServiceName, Engine> = {
  etcd,
  patroni,
  redis,
  sentinel,
  haproxy,
  keepalived,
  router,
  api,
};

/** The engines of services by name; a name that no engine has is passed over: a host may be from another version. */
export function enginesOf(services: readonly { name: string }[]): Engine[] {
  const known: Record<string, Engine> = ENGINES;
  return services.flatMap(({ name }) => known[name] ?? []);
}
