import { CLUSTER_NAME } from '@sbmcrm/engines';
import { moveDatabase, observeDatabase, openPlatform, type Platform } from '@sbmcrm/platform';
import { hostsInRole } from '@sbmcrm/topology';
import type { Command } from 'commander';
import { progressOf, workspaceOf } from '../context.ts';
import { print } from '../options.ts';
import { type CommandDefinition, option } from '../program.ts';
import { runProgram } from '../run-program.ts';
import { table } from '../text/table.ts';
import { hostOfNode, nodeId, type RdsInstance, rdsInstance, requireInstance, STANDBY_ALIAS } from './rds.ts';

const ACTS_ON = 'It acts on the platform on this machine, as sbmcrm does; nothing is sent to Huawei Cloud.';
const FAILOVER_EXAMPLE = `  huaweicloud rds failover --instance-id ${CLUSTER_NAME} --node-id ${STANDBY_ALIAS}`;
const LIST_NODES_EXAMPLE = `  huaweicloud rds list-nodes --instance-id ${CLUSTER_NAME}`;

const help = (...examples: string[]) => `\n${ACTS_ON}\n\nExamples:\n${examples.join('\n')}`;
const instanceOption = () => option('--instance-id <id>', `the instance: ${CLUSTER_NAME}`).makeOptionMandatory();

const rds: CommandDefinition = {
  name: 'rds',
  description: 'the database: Relational Database Service',
  commands: [
    {
      name: 'list-instances',
      description: 'the one instance of the platform',
      help: help('  huaweicloud rds list-instances', '  huaweicloud rds list-instances --json'),
      load: async () => runListInstances,
    },
    {
      name: 'list-nodes',
      description: 'the nodes of an instance with their ids, zones and roles',
      options: [instanceOption()],
      help: help(LIST_NODES_EXAMPLE, `${LIST_NODES_EXAMPLE} --json`),
      load: async () => runListNodes,
    },
    {
      name: 'failover',
      description: 'make the standby the master, also without a healthy master: `sbmcrm failover database`',
      options: [
        instanceOption(),
        option(
          '--node-id <id>',
          `the new master: an id of list-nodes, or "${STANDBY_ALIAS}" for the standby`,
        ).makeOptionMandatory(),
      ],
      help: help(FAILOVER_EXAMPLE),
      load: async () => runFailover,
    },
  ],
};

async function runListInstances(_options: unknown, command: Command): Promise<void> {
  const instance = await observe(openPlatform(workspaceOf(command)));
  print(command, { instances: [instance] }, instanceTable([instance]));
}

async function runListNodes(options: { instanceId: string }, command: Command): Promise<void> {
  requireInstance(options.instanceId);
  const { nodes } = await observe(openPlatform(workspaceOf(command)));
  print(command, { nodes }, nodeTable(nodes));
}

async function runFailover(options: { instanceId: string; nodeId: string }, command: Command): Promise<void> {
  requireInstance(options.instanceId);
  const platform = openPlatform(workspaceOf(command));
  const hosts = hostsInRole(platform.topology, 'database', 'read-replica').map((host) => host.name);
  const target = hostOfNode(platform.spec.platform, hosts, options.nodeId);
  const result = await moveDatabase(platform, 'failover', target, progressOf(command));
  const node = nodeId(platform.spec.platform, result.to);
  print(
    command,
    { instanceId: options.instanceId, nodeId: node, ...result },
    `The master of ${options.instanceId} is ${result.to}, node ${node} (was ${result.from ?? 'nobody'}; ${(result.elapsedMs / 1000).toFixed(1)} s).`,
  );
}

/** On a busy machine one look may get no answer; nobody is the master only if several agree. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 500;

async function observe(platform: Platform): Promise<RdsInstance> {
  for (let look = 1; ; look += 1) {
    const seen = await observeDatabase(platform);
    if (seen.primary !== null || seen.members.length === 0 || look === LOOKS) return rdsInstance(platform.spec, seen);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function instanceTable(instances: readonly RdsInstance[]): string {
  return table([
    ['ID', 'TYPE', 'STATUS', 'REGION', 'FLAVOR', 'NODES'],
    ...instances.map((each) => [each.id, each.type, each.status, each.region, each.flavor_ref, `${each.nodes.length}`]),
  ]);
}

function nodeTable(nodes: RdsInstance['nodes']): string {
  return table([
    ['ID', 'NAME', 'ZONE', 'ROLE', 'STATUS'],
    ...nodes.map((node) => [node.id, node.name, node.availability_zone, node.role, node.status]),
  ]);
}

await runProgram({
  name: 'huaweicloud',
  description: 'The commands of the operators’ guide to Huawei Cloud, for the platform that sbmcrm runs here.',
  help: help(LIST_NODES_EXAMPLE, FAILOVER_EXAMPLE),
  commands: [rds],
});
