import { describe, expect, it } from 'vitest';
import type { Cloud } from '../cloud.ts';
import type { HostStatus } from '../hosts.ts';
import type { HostUsage } from '../usage.ts';
import {
  DISCOVERY_PATH,
  discovered,
  drilledText,
  METRICS_PATH,
  stateText,
  tasksText,
  usageText,
} from './prometheus.ts';
import type { CloudTokens } from './scopes.ts';
import { createServer } from './server.ts';

const host = (name: string, state: HostStatus['state'], services: string[]): HostStatus => ({
  ...{ name, state, region: 'primary', zone: 'a', address: '10.77.1.1', managementAddress: '10.77.129.1' },
  ...{ addresses: [], diskFailed: false, initPid: state === 'running' ? 1 : null },
  services: services.map((each) => ({ name: each, state: state === 'running' ? 'up' : 'down', pid: null })),
});
const HOSTS = [host('web-1', 'running', ['web', 'proxy']), host('web-2', 'stopped', ['web'])];
const USAGE: HostUsage[] = [
  {
    ...{ name: 'web-1', zone: 'a', cpuSeconds: 1.5, cpus: 2, memory: { used: 10, limit: 20 } },
    disk: { size: 100, free: 40 },
    network: [{ name: 'data', received: 7, sent: 8 }],
  },
];

describe('what Prometheus is told', () => {
  it('names every host with what it runs, in labels that do not stay', () => {
    expect(discovered(HOSTS)).toEqual([
      {
        targets: ['10.77.1.1'],
        labels: {
          __meta_host: 'web-1',
          __meta_zone: 'a',
          __meta_region: 'primary',
          __meta_management: '10.77.129.1',
          __meta_services: ',web,proxy,',
        },
      },
      expect.objectContaining({ labels: expect.objectContaining({ __meta_host: 'web-2', __meta_services: ',web,' }) }),
    ]);
  });

  it('has what came of tasks that have ended', () => {
    const at = { due: '', startedAt: '', endedAt: null, text: '' };
    expect(tasksText([{ name: 'a', state: 'running', ...at }])).toBe('');
    const text = tasksText([
      { name: 'a', state: 'passed', ...at },
      { name: 'b', state: 'failed', ...at },
      { name: 'c', state: 'lost', ...at },
    ]);
    expect(text.split('\n').filter((line) => line.startsWith('sbmcrm'))).toEqual([
      'sbmcrm_task_failed{task="a"} 0',
      'sbmcrm_task_failed{task="b"} 1',
      'sbmcrm_task_failed{task="c"} 1',
    ]);
  });

  it('has the state of every host, and the use of those that run', () => {
    const lines = (stateText(HOSTS) + usageText(USAGE))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual([
      'sbmcrm_host_running{host="web-1",zone="a"} 1',
      'sbmcrm_host_running{host="web-2",zone="a"} 0',
      'sbmcrm_service_up{host="web-1",zone="a",service="web"} 1',
      'sbmcrm_service_up{host="web-1",zone="a",service="proxy"} 1',
      'sbmcrm_service_up{host="web-2",zone="a",service="web"} 0',
      'sbmcrm_host_cpu_seconds_total{host="web-1",zone="a"} 1.5',
      'sbmcrm_host_cpus{host="web-1",zone="a"} 2',
      'sbmcrm_host_memory_bytes{host="web-1",zone="a"} 10',
      'sbmcrm_host_memory_limit_bytes{host="web-1",zone="a"} 20',
      'sbmcrm_host_disk_size_bytes{host="web-1",zone="a"} 100',
      'sbmcrm_host_disk_free_bytes{host="web-1",zone="a"} 40',
      'sbmcrm_host_network_receive_bytes_total{host="web-1",zone="a",network="data"} 7',
      'sbmcrm_host_network_transmit_bytes_total{host="web-1",zone="a",network="data"} 8',
    ]);
  });

  it('asks for a token, and every token may look', async () => {
    const tokens = { observe: 'o', operate: 'p', fence: 'f', inject: 'i' } as CloudTokens;
    const cloud = {
      kinds: {},
      access: { usage: async () => USAGE, drilledAtMs: () => 5400 },
      listHosts: async () => HOSTS,
    } as unknown as Cloud;
    const server = createServer(cloud, tokens);
    const get = (url: string, token: string) =>
      server.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
    for (const path of [DISCOVERY_PATH, METRICS_PATH]) {
      expect((await get(path, 'none')).statusCode).toBe(401);
      expect((await get(path, 'o')).statusCode).toBe(200);
    }
    expect((await get(DISCOVERY_PATH, 'o')).json()).toEqual(discovered(HOSTS));
    const drilled = drilledText(5400);
    expect(drilled).toMatch(/\nsbmcrm_database_drilled_timestamp_seconds 5\n$/);
    expect((await get(METRICS_PATH, 'o')).body).toBe(stateText(HOSTS) + drilled + usageText(USAGE));
    expect((await get(`${METRICS_PATH}?part=state`, 'o')).body).toBe(stateText(HOSTS) + drilled);
    expect((await get(`${METRICS_PATH}?part=usage`, 'o')).body).toBe(usageText(USAGE));
    expect((await get(`${METRICS_PATH}?part=all`, 'o')).statusCode).toBe(400);
    await server.close();
  });
});
