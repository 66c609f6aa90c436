import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseExpiry } from '@yardmaster/ci-config'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { LINK_LOCAL_AND_METADATA, NOT_PUBLIC } from './denied-addresses.ts'

/**
 * An invalid value in the environment. The message is one line with the variable, the value found and what is allowed.
 */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

const MIB = 1_048_576
/** Bytes of so many MiB are still exact numbers. */
const MOST_MIB = 2 ** 32

/** Treats an empty variable as absent, which is what people mean by `NAME=` in an env file. */
const blankIsAbsent = (value: unknown): unknown => (value === '' ? undefined : value)

const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blankIsAbsent, schema.optional())

const whole = (allowed: string, min: number, max = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^\d+$/, allowed)
    .transform(Number)
    .refine((value) => value >= min && value <= max, allowed)

const count = (name: string, fallback: number, min = 0, max?: number) =>
  z.preprocess(
    blankIsAbsent,
    whole(
      `a whole number ${max === undefined ? `of at least ${min}` : `from ${min} to ${max}`} (${name})`,
      min,
      max,
    ).default(fallback),
  )

/** A century is enough, and an age of it is still a time that PostgreSQL knows. */
const MOST_DAYS = 36_500
const days = whole(`a whole number of days from 1 to ${MOST_DAYS}, or nothing for ever`, 1, MOST_DAYS)

const flag = (fallback: boolean) =>
  z.preprocess(
    blankIsAbsent,
    z
      .enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off'], 'true or false')
      .transform((value) => ['true', '1', 'yes', 'on'].includes(value))
      .default(fallback),
  )

const url = (allowed: string, protocol: RegExp) => optional(z.url({ protocol, error: allowed }))

const EXTERNAL = 'an http or https address without user, ? and #, for example https://ci.example/yard'

/** Returns whether links can be made from an address by adding a path. */
const isBase = (value: string): boolean => {
  const { username, password, search, hash } = new URL(value)
  return username + password + search + hash === '' && !/[?#]/.test(value)
}

const key = z
  .string()
  .refine((value) => Buffer.from(value, 'base64').length === 32 && /^[A-Za-z0-9+/_-]{43}=?$/.test(value), {
    error: '32 bytes in base64, for example from `openssl rand -base64 32`',
  })

const token = z.string().regex(/^[\x21-\x7e]{20,255}$/, 'at least 20 printable ASCII characters without blanks')

export const isEncryptionKey = (text: string): boolean => key.safeParse(text).success
export const isToken = (text: string): boolean => token.safeParse(text).success

const NETWORKS = 'networks in CIDR form, separated by commas, for example 203.0.113.0/24,2001:db8::/32'

const networks = z
  .string()
  .transform((value) => value.split(',').map((network) => network.trim()))
  .refine((list) => list.every((network) => ipaddr.isValidCIDR(network)), {
    error: NETWORKS,
  })

/** @param usual - the networks for which the word `default` stands, and what they are. */
const deniedNetworks = (usual: { networks: readonly string[]; are: string }) =>
  z
    .string()
    .transform((value) =>
      value === 'none'
        ? []
        : value.split(',').flatMap((network) => (network.trim() === 'default' ? usual.networks : [network.trim()])),
    )
    .refine((list) => list.every((network) => ipaddr.isValidCIDR(network)), {
      error: `${NETWORKS}, with the word default for ${usual.are}, or none`,
    })

const BASES = 'http or https addresses without user, ? and #, separated by commas, for example https://git.example'

/** Addresses of servers, without slashes at their ends. */
const bases = z
  .string()
  .transform((value) => value.split(',').map((base) => base.trim().replace(/\/+$/, '')))
  .refine((list) => list.every((base) => /^https?:\/\//.test(base) && URL.canParse(base) && isBase(base)), {
    error: BASES,
  })

/** Returns the token for a server: `INCLUDE_PROJECT_TOKEN_` and its host, every other character an underscore. */
function tokenFor(base: string, environment: Environment): string | null {
  const name = `INCLUDE_PROJECT_TOKEN_${new URL(base).host.replace(/[^A-Za-z0-9]/g, '_')}`.toUpperCase()
  const [, token] = Object.entries(environment).find(([key]) => key.toUpperCase() === name) ?? []
  return token ? token : null
}

const expiry = z
  .string()
  .refine((words) => parseExpiry(words) !== null, 'a duration such as 30 days or 1h 30m, or never')

function secondsOf(words: string): number | null {
  const seconds = parseExpiry(words)
  return seconds === 'never' ? null : seconds
}

const Env = z.object({
  HOST: z.preprocess(blankIsAbsent, z.string().default('127.0.0.1')),
  PORT: count('0 = any free port', 8080, 0, 65_535),
  EXTERNAL_URL: optional(z.url({ protocol: /^https?$/, error: EXTERNAL, abort: true }).refine(isBase, EXTERNAL)),
  DATA_DIR: z.preprocess(blankIsAbsent, z.string().default('./data')),
  DATABASE_URL: url('postgres://user:password@host:5432/database', /^postgres(ql)?$/),
  REDIS_URL: url('redis://host:6379 or rediss://…', /^rediss?$/),
  S3_BUCKET: optional(z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket')),
  S3_ENDPOINT: url('an http or https address', /^https?$/),
  S3_REGION: optional(z.string()),
  S3_FORCE_PATH_STYLE: flag(false),
  AWS_REGION: optional(z.string()),
  ADMIN_TOKEN: optional(token),
  REGISTRATION_TOKEN: optional(token),
  ENCRYPTION_KEY: optional(key),
  LONG_POLL_SECONDS: count('0 = never hold', 50, 0, 590),
  RUNNER_TOKEN_LIFETIME: optional(whole('a whole number of seconds, at least 1', 1)),
  MAX_TRACE_MIB: count('0 = no limit', 100),
  MAX_ARTIFACT_MIB: count('0 = nothing', 100),
  ARTIFACTS_ENABLED: flag(true),
  REGISTRATION_ENABLED: flag(true),
  DEFAULT_ARTIFACT_EXPIRE_IN: z.preprocess(blankIsAbsent, expiry.default('30 days')),
  JOB_RETENTION_DAYS: optional(days),
  LOG_RETENTION_DAYS: optional(days),
  SWEEP_INTERVAL_SECONDS: count('seconds', 60, 1),
  JOB_SILENCE_SECONDS: count('seconds', 3600, 1),
  JOB_ACCEPT_SECONDS: count('seconds', 300, 1),
  PENDING_SECONDS: count('seconds', 86_400, 1),
  STUCK_PENDING_SECONDS: count('seconds', 3600, 1),
  JOB_TIMEOUT_GRACE_SECONDS: count('seconds', 900),
  TRUSTED_PROXIES: optional(networks),
  WEBHOOK_DENY: optional(
    deniedNetworks({ networks: LINK_LOCAL_AND_METADATA, are: 'link-local and metadata addresses' }),
  ),
  INCLUDE_DENY: optional(deniedNetworks({ networks: NOT_PUBLIC, are: 'all that are not public' })),
  INCLUDE_PROJECT_BASE: optional(bases),
  JOB_REQUESTS_PER_MINUTE: count('0 = off', 2000),
  MAX_JOBS_PER_PIPELINE: count('jobs', 500, 1, 10_000),
  MAX_REPOSITORY_MIB: count('MiB', 2048, 1, MOST_MIB),
  MAX_RUN_MIB: count('MiB', 200, 1, MOST_MIB),
  REPOSITORIES_MIB: count('MiB', 20_480, 1, MOST_MIB),
  MAX_CONNECTIONS: count('connections at a time', 20_000, 10),
  LOG_LEVEL: z.preprocess(
    blankIsAbsent,
    z
      .enum(
        ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
        'fatal, error, warn, info, debug, trace or silent',
      )
      .default('info'),
  ),
})

/** Where programs are, the way into the network, and whose certificates are trusted. */
const INHERITED = [
  'PATH',
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'GIT_EXEC_PATH'],
] as const

export type Environment = Record<string, string | undefined>

/**
 * Reads the environment into choices, so that no other code checks whether a variable is set. With nothing set
 * everything runs in this one process.
 *
 * @throws ConfigError for the first variable with a bad value.
 * @see `.env.example`
 */
export function readConfig(environment: Environment) {
  const parsed = Env.safeParse(environment)
  if (!parsed.success) throw new ConfigError(describe(parsed.error, environment))
  const e = parsed.data
  const dataDir = resolve(e.DATA_DIR)
  return {
    listen: { host: e.HOST, port: e.PORT },
    /** Never ends in a slash. Null when it is derived from the listening address. */
    externalUrl: e.EXTERNAL_URL?.replace(/\/+$/, '') ?? null,
    dataDir,
    database: e.DATABASE_URL
      ? { kind: 'postgres' as const, url: e.DATABASE_URL }
      : { kind: 'pglite' as const, dir: join(dataDir, 'database') },
    events: e.REDIS_URL ? { kind: 'redis' as const, url: e.REDIS_URL } : { kind: 'memory' as const },
    objects: e.S3_BUCKET
      ? {
          kind: 's3' as const,
          bucket: e.S3_BUCKET,
          endpoint: e.S3_ENDPOINT,
          region: e.S3_REGION ?? e.AWS_REGION ?? 'us-east-1',
          forcePathStyle: e.S3_FORCE_PATH_STYLE,
        }
      : { kind: 'filesystem' as const, dir: join(dataDir, 'objects') },
    secrets: {
      adminToken: e.ADMIN_TOKEN,
      registrationToken: e.REGISTRATION_TOKEN,
      encryptionKey: e.ENCRYPTION_KEY,
    },
    longPollMs: e.LONG_POLL_SECONDS * 1000,
    runnerTokenLifetimeSeconds: e.RUNNER_TOKEN_LIFETIME ?? null,
    maxTraceMib: e.MAX_TRACE_MIB,
    maxArtifactBytes: e.MAX_ARTIFACT_MIB * MIB,
    artifactsEnabled: e.ARTIFACTS_ENABLED,
    registrationEnabled: e.REGISTRATION_ENABLED,
    /** Null when artifacts are kept for ever unless the job sets an expiry. */
    artifactExpireSeconds: secondsOf(e.DEFAULT_ARTIFACT_EXPIRE_IN),
    /** Null: for ever. */
    jobRetentionDays: e.JOB_RETENTION_DAYS ?? null,
    logRetentionDays: e.LOG_RETENTION_DAYS ?? null,
    sweepIntervalMs: e.SWEEP_INTERVAL_SECONDS * 1000,
    timeouts: {
      silenceSeconds: e.JOB_SILENCE_SECONDS,
      acceptSeconds: e.JOB_ACCEPT_SECONDS,
      pendingSeconds: e.PENDING_SECONDS,
      stuckPendingSeconds: e.STUCK_PENDING_SECONDS,
      timeoutGraceSeconds: e.JOB_TIMEOUT_GRACE_SECONDS,
    },
    trustedProxies: e.TRUSTED_PROXIES ?? [],
    webhookDeny: e.WEBHOOK_DENY ?? LINK_LOCAL_AND_METADATA,
    includeDeny: e.INCLUDE_DENY ?? NOT_PUBLIC,
    /** Servers with projects that configurations may include. */
    projectHosts: (e.INCLUDE_PROJECT_BASE ?? []).map((base) => ({ base, token: tokenFor(base, environment) })),
    jobRequestsPerMinute: e.JOB_REQUESTS_PER_MINUTE,
    maxJobsPerPipeline: e.MAX_JOBS_PER_PIPELINE,
    maxRunBytes: e.MAX_RUN_MIB * MIB,
    repositories: {
      dir: join(dataDir, 'repositories'),
      mostBytes: e.MAX_REPOSITORY_MIB * MIB,
      mostBytesTogether: e.REPOSITORIES_MIB * MIB,
      /** What programs of git inherit. */
      environment: Object.fromEntries(INHERITED.map((name) => [name, environment[name]])),
    },
    maxConnections: e.MAX_CONNECTIONS,
    logLevel: e.LOG_LEVEL,
  }
}

export type Config = ReturnType<typeof readConfig>

/** Returns the process's environment, with defaults from `.env` if it exists. The only reader of `process.env`. */
export function environment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return process.env
}

const SECRET = /TOKEN|KEY|PASSWORD|_URL$/

function describe(error: z.ZodError, environment: Environment): string {
  const [issue] = error.issues
  const name = String(issue?.path[0])
  const found = environment[name] ?? ''
  // An address may contain a password, and a token is a secret itself.
  const shown = SECRET.test(name) ? `a value of ${found.length} characters` : JSON.stringify(found)
  return `${name}: found ${shown}, allowed is ${issue?.message ?? 'something else'}`
}
