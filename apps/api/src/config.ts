import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

const count = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
const milliseconds = (fallback: number, min = 0) => count(fallback, min, 3_600_000);
const port = (fallback: number) => count(fallback, 0, 65_535);

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const addresses = list
  .pipe(
    z
      .array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'wants host:port,host:port,…'))
      .min(1, 'wants at least one host:port'),
  )
  .transform((texts) =>
    texts.map((text) => {
      const [host = '', port = ''] = text.split(':');
      return { host, port: Number(port) };
    }),
  );

const externalApi = z.strictObject({
  name: z.string().min(1).max(100),
  url: z.url({ protocol: /^https?$/ }),
  timeoutMs: z.int().min(1).max(2000),
});

/** Others' APIs: a list of addresses, or JSON that names each and says how long it is waited for. */
const externalApis = z
  .string()
  .transform((text, context) => {
    if (!text.trimStart().startsWith('[')) {
      const urls = text.split(',').map((part) => part.trim());
      return urls
        .filter((url) => url !== '')
        .map((url) => ({ name: URL.parse(url)?.host ?? url, url, timeoutMs: 2000 }));
    }
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'wants URLs, or JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.array(externalApi).max(20));

const schema = z
  .object({
    INSTANCE_NAME: z.string().default(() => hostname()),
    HOST: z.string().default('0.0.0.0'),
    PORT: port(8080),
    AGENT_PORT: port(8081),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug']).default('info'),
    DB_PRIMARY_HOST: z.string(),
    DB_REPLICA_HOST: z.string().optional(),
    DB_PORT: port(5432),
    DB_NAME: z.string().default('sbmcrm_production'),
    DB_USER: z.string().default('sbmcrm'),
    DB_PASSWORD: z.string(),
    DB_PASSWORD_OTHER: z.string().optional(),
    DB_POOL_MAX: count(20, 1, 500),
    DB_POOL_MIN: count(5, 0, 500),
    DB_POOL_IDLE_TIMEOUT_MS: milliseconds(30_000),
    DB_POOL_CONNECTION_TIMEOUT_MS: milliseconds(2000, 100),
    REDIS_SENTINELS: addresses,
    REDIS_MASTER_NAME: z.string(),
    REDIS_PASSWORD: z.string().optional(),
    SENTINEL_PASSWORD: z.string().optional(),
    ADMIN_EMAIL: z.email().optional(),
    ADMIN_PASSWORD: z.string().min(8, 'wants at least 8 characters').optional(),
    EXTERNAL_APIS: externalApis.prefault(''),
    HOLD_DEADLINE_MS: milliseconds(30_000, 100),
    HOLD_QUEUE: count(5000, 0, 100_000),
    FAILOVER_WITHIN_MS: milliseconds(26_000),
    DRAIN_DELAY_MS: milliseconds(3000),
    DRAIN_DEADLINE_MS: milliseconds(30_000, 100),
  })
  .refine((env) => env.DB_POOL_MIN <= env.DB_POOL_MAX, { path: ['DB_POOL_MIN'], message: 'is above DB_POOL_MAX' })
  .refine((env) => env.DRAIN_DELAY_MS < env.DRAIN_DEADLINE_MS, {
    path: ['DRAIN_DELAY_MS'],
    message: 'is not below DRAIN_DEADLINE_MS',
  })
  .refine((env) => (env.ADMIN_EMAIL === undefined) === (env.ADMIN_PASSWORD === undefined), {
    path: ['ADMIN_PASSWORD'],
    message: 'and ADMIN_EMAIL go together',
  });

export type Config = Readonly<z.infer<typeof schema>>;

/** The environment is wrong; `problems` holds one line for each bad variable, without its value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads the configuration from the environment.
 *
 * @throws {ConfigError} naming every bad variable
 */
export function parseConfig(env: Environment): Config {
  // An empty variable counts as not set: an env directory's empty file must not become the number 0.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? 'environment');
      return name in given || issue.code === 'custom' ? `${name}: ${issue.message}` : `${name}: is not set`;
    }),
  );
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment with what the file that `SECRETS_FILE` names adds: a JSON object of further variables. What is secret is then in no
 * environment, and may change while the process runs.
 *
 * @throws {ConfigError} where there is no such file, or something else in it
 */
export function withSecretsFile(env: Environment): Environment {
  const { SECRETS_FILE: file, ...rest } = env;
  if (file === undefined || file === '') return env;
  try {
    return { ...rest, ...z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, 'utf8'))) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`SECRETS_FILE: ${file}: ${code ?? 'wants a JSON object of texts'}`]);
  }
}
