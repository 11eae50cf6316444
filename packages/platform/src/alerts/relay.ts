import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Place, type RelaySetting, tokenDigest } from '@sbmcrm/daemon';
import { addressOf, ENGINES, type Secrets } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { readJson, type StatePaths, writeJson } from '@sbmcrm/local';
import type { Spec } from '@sbmcrm/spec';
import { hostsInRole, hostsWith, type ServiceName, type Topology } from '@sbmcrm/topology';
import { folderOf, type Workspace } from '../cloud.ts';

type SpecPlace = Pick<Workspace, 'specFile' | 'folder'>;
type Shown = RelaySetting['published'][string];

/** Of a file that holds a token, an address or a certificate. */
const MOST_BYTES = 65_536;

/**
 * The first lines of files that the spec's alerts name, and certificates as they are, by their paths there.
 *
 * @param workspace paths begin at its folder
 * @throws ToolError BAD_SPEC where one cannot be read, is empty, or holds no address though it should
 */
export function readAlertFiles({ alerts }: Pick<Spec, 'alerts'>, workspace: SpecPlace): Record<string, string> {
  const { webhooks, heartbeat, email } = alerts;
  const named = [
    ...webhooks.flatMap(({ urlFile, tokenFile }, index) => [
      { key: `alerts.webhooks[${index}].urlFile`, path: urlFile, isAddress: true },
      { key: `alerts.webhooks[${index}].tokenFile`, path: tokenFile, isAddress: false },
    ]),
    { key: 'alerts.heartbeat.urlFile', path: heartbeat?.urlFile, isAddress: true },
    { key: 'alerts.email.passwordFile', path: email?.passwordFile, isAddress: false },
  ];
  const texts: Record<string, string> = {};
  if (email?.caFile !== undefined) texts[email.caFile] = authority(workspace, email.caFile);
  for (const { key, path, isAddress } of named) {
    if (path === undefined) continue;
    const refused = (why: string) => new ToolError('BAD_SPEC', `${workspace.specFile} ${key}: "${path}" ${why}`);
    texts[path] ??= firstLine(resolve(folderOf(workspace), path), refused);
    if (isAddress && !isAddressText(texts[path])) throw refused('holds no address such as https://chat.example/alerts');
  }
  return texts;
}

/** @throws ToolError BAD_SPEC where the file holds no certificate */
function authority(workspace: SpecPlace, path: string): string {
  const refused = (why: string) =>
    new ToolError('BAD_SPEC', `${workspace.specFile} alerts.email.caFile: "${path}" ${why}`);
  const text = read(resolve(folderOf(workspace), path), refused);
  try {
    new X509Certificate(text);
  } catch {
    throw refused('holds no certificate in PEM');
  }
  return text;
}

function read(file: string, refused: (why: string) => ToolError): string {
  try {
    if (statSync(file).size > MOST_BYTES) throw refused(`has more than ${MOST_BYTES} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw refused(`cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`);
  }
}

function firstLine(file: string, refused: (why: string) => ToolError): string {
  const text = read(file, refused).split('\n')[0]?.trim() ?? '';
  if (text === '') throw refused('is empty: its first line is to hold the secret');
  return text;
}

const isAddressText = (text: string) => /^https?:\/\/\S+$/.test(text) && URL.canParse(text);

/** Where an address leads. Pure. */
export function placeOfUrl(address: string): Place {
  const url = new URL(address);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/**
 * What the machine's relay lets out of a platform, and shows of it. Pure.
 *
 * @param workspace a hook with a path begins at its folder
 */
export function relaySetting(
  { spec, topology }: { spec: Spec; topology: Topology },
  secrets: Secrets,
  workspace: SpecPlace,
): RelaySetting {
  const { webhooks, heartbeat, email, hook } = spec.alerts;
  const hosts = hostsInRole(topology, 'monitor');
  const told = hosts.length > 0 ? [...webhooks, ...(heartbeat ? [heartbeat] : [])] : [];
  const [mailHost = '', mailPort = ''] = email?.server.split(':') ?? [];
  const shown = Object.entries(ENGINES).flatMap(([service, { shown: port }]): [string, Shown][] => {
    const at = hostsWith(topology, service as ServiceName);
    if (port === undefined || at.length === 0) return [];
    return [[service, { port, targets: at.map(({ managementAddress: host }) => ({ host, port })) }]];
  });
  return {
    tokens: tokensOf(secrets),
    from: hosts.map(({ managementAddress }) => managementAddress),
    destinations: told.map((each) => placeOfUrl(addressOf(each, secrets.files))),
    ...(email && hosts.length > 0
      ? { mail: { host: mailHost, port: Number(mailPort), tls: email.encryption === 'tls' } }
      : {}),
    hook: hosts.length > 0 ? withPath(hook, folderOf(workspace)) : [],
    published: Object.fromEntries(shown),
  };
}

/** A program without a slash is looked for where the daemon looks for programs. */
const withPath = ([program = '', ...args]: readonly string[], folder: string): string[] =>
  program === '' ? [] : [program.includes('/') ? resolve(folder, program) : program, ...args];

const tokensOf = ({ relay, also }: Secrets): string[] =>
  [relay, also?.relay].flatMap((token) => (token === undefined ? [] : [tokenDigest(token)]));

/** Keeps it for the daemon, which follows it. */
export function keepRelay(paths: StatePaths, setting: RelaySetting): void {
  if (JSON.stringify(readJson(paths.relay)) !== JSON.stringify(setting)) writeJson(paths.relay, setting, 0o600);
}

/** The same with other tokens. */
export function keepRelayTokens(paths: StatePaths, secrets: Secrets): void {
  const setting = readJson<RelaySetting>(paths.relay);
  if (setting) keepRelay(paths, { ...setting, tokens: tokensOf(secrets) });
}
