import { CLUSTER_NAME } from '@sbmcrm/engines';
import { moveDatabase, type Platform, platformStatus } from '@sbmcrm/platform';
import { hostsInRole } from '@sbmcrm/topology';
import { Command } from 'commander';
import { platformOf, print, progressOf } from './context.ts';
import {
  hostOfNode,
  nodeId,
  type RdsInstance,
  rdsInstance,
  requireInstance,
  STANDBY_ALIAS,
} from './huaweicloud-rds.ts';
import { report } from './report.ts';
import { table } from './table.ts';

const ACTS_ON = 'It acts on the platform on this machine, as sbmcrm does; nothing is sent to Huawei Cloud.';
const FAILOVER_EXAMPLE = `  huaweicloud rds failover --instance-id ${CLUSTER_NAME} --node-id ${STANDBY_ALIAS}`;
const LIST_NODES_EXAMPLE = `  huaweicloud rds list-nodes --instance-id ${CLUSTER_NAME}`;

const help = (...examples: string[]) => `\n${ACTS_ON}\n\nExamples:\n${examples.join('\n')}`;

function createProgram(): Command {
  const program = new Command('huaweicloud')
    .description('The commands of the operators’ guide to Huawei Cloud, for the platform that sbmcrm runs here.')
    .option('--spec <file>', 'the desired system (default sbmcrm.yaml)')
    .option('--state <dir>', 'where the platform keeps its state (default .sbmcrm beside the spec)')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', help(LIST_NODES_EXAMPLE, FAILOVER_EXAMPLE))
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  registerRds(program);
  return program;
}

function registerRds(program: Command): void {
  const rds = program.command('rds').description('the database: Relational Database Service');
  const instanceId = ['--instance-id <id>', `the instance: ${CLUSTER_NAME}`] as const;

  rds
    .command('list-instances')
    .description('the one instance of the platform')
    .addHelpText('after', help('  huaweicloud rds list-instances', '  huaweicloud rds list-instances --json'))
    .action(async (_options: unknown, command: Command) => {
      const instance = await observe(platformOf(command));
      print(command, { instances: [instance] }, instanceTable([instance]));
    });

  rds
    .command('list-nodes')
    .description('the nodes of an instance with their ids, zones and roles')
    .requiredOption(...instanceId)
    .addHelpText('after', help(LIST_NODES_EXAMPLE, `${LIST_NODES_EXAMPLE} --json`))
    .action(async (options: { instanceId: string }, command: Command) => {
      requireInstance(options.instanceId);
      const { nodes } = await observe(platformOf(command));
      print(command, { nodes }, nodeTable(nodes));
    });

  rds
    .command('failover')
    .description('make the standby the master, also without a healthy master: `sbmcrm failover database`')
    .requiredOption(...instanceId)
    .requiredOption('--node-id <id>', `the new master: an id of list-nodes, or "${STANDBY_ALIAS}" for the standby`)
    .addHelpText('after', help(FAILOVER_EXAMPLE))
    .action(async (options: { instanceId: string; nodeId: string }, command: Command) => {
      requireInstance(options.instanceId);
      const platform = platformOf(command);
      const hosts = hostsInRole(platform.topology, 'database', 'read-replica').map((host) => host.name);
      const target = hostOfNode(platform.spec.platform, hosts, options.nodeId);
      const result = await moveDatabase(platform, 'failover', target, progressOf(command));
      const node = nodeId(platform.spec.platform, result.to);
      print(
        command,
        { instanceId: options.instanceId, nodeId: node, ...result },
        `The master of ${options.instanceId} is ${result.to}, node ${node} (was ${result.from ?? 'nobody'}; ${(result.elapsedMs / 1000).toFixed(1)} s).`,
      );
    });
}

async function observe(platform: Platform): Promise<RdsInstance> {
  return rdsInstance(platform.spec, (await platformStatus(platform)).database);
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

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(program, error);
}
// Open keep-alive connections of the last calls must not hold the command back.
process.exit();
