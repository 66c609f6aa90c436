import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { holdDatabase, installationId, migrate, openDatabase, openSecretBox, seed, stores } from '@yardmaster/db'
import {
  collectContacts,
  indexLines,
  newOpaqueValue,
  newRegistrationToken,
  type Policy,
  type Ports,
  rememberUsage,
  runInBackground,
} from '@yardmaster/domain'
import type { Express } from 'express'
import { FilesystemObjectStore } from './adapters/filesystem-object-store.ts'
import { HttpWebhookSender } from './adapters/http-webhook-sender.ts'
import { MemoryEventBus } from './adapters/memory-event-bus.ts'
import { MemoryScratch } from './adapters/memory-scratch.ts'
import { RedisEventBus } from './adapters/redis-event-bus.ts'
import { RedisScratch } from './adapters/redis-scratch.ts'
import { S3ObjectStore } from './adapters/s3-object-store.ts'
import { shareReads } from './adapters/shared-reads.ts'
import { openDoorkeeper } from './admin-api/session.ts'
import type { Config } from './config.ts'
import { keptSecret, lockDataDir } from './data-dir.ts'
import { startHousekeeping } from './housekeeping.ts'
import { openLog } from './log.ts'
import { openMetrics, watchStores } from './metrics.ts'
import { trustProxies } from './runner-api/client-address.ts'
import { buildServer, listen } from './server.ts'
import { rememberSettings } from './settings-cache.ts'

/** What is under way when the program is told to stop may take this long. */
const GRACE_MS = 25_000

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export interface Gateway extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string
  /** What runners and browsers use. */
  readonly externalUrl: string
  readonly ports: Ports
  readonly adminToken: string
  /** What is stored where, for people. */
  readonly storage: { readonly database: string; readonly events: string; readonly objects: string }
  makeSignInLink(): Promise<string>
}

/**
 * Everything a running gateway is made of, from the ground up; closing it closes in reverse. If anything fails on the
 * way, what was opened is closed again.
 */
export async function compose(config: Config): Promise<Gateway> {
  await using opened = new AsyncDisposableStack()

  opened.use(await lockDataDir(config.dataDir))
  const kept = (name: string, given: string | undefined, make: () => string) =>
    keptSecret(config.dataDir, name, given, make)
  const adminToken = await kept('admin-token', config.secrets.adminToken, () => `ymat-${newOpaqueValue()}`)
  const registrationToken = await kept('registration-token', config.secrets.registrationToken, newRegistrationToken)
  const encryptionKey = await kept('encryption-key', config.secrets.encryptionKey, () =>
    randomBytes(32).toString('base64'),
  )
  const log = openLog(config.logLevel, [adminToken, encryptionKey])
  const outage = (sentence: string) => log.warn(sentence)

  opened.use(await holdDatabase(config.database, { shared: config.events.kind === 'redis' }))
  const db = opened.use(await openDatabase(config.database))
  const secrets = openSecretBox(Buffer.from(encryptionKey, 'base64'))
  await migrate(db)
  await seed(db, secrets, { registrationToken })

  const namespace = `yardmaster:${await installationId(db)}`
  const [events, scratch] =
    config.events.kind === 'redis'
      ? [
          opened.use(await RedisEventBus.open(config.events.url, outage, namespace)),
          opened.use(await RedisScratch.open(config.events.url, outage, namespace)),
        ]
      : [opened.use(new MemoryEventBus()), opened.use(new MemoryScratch())]
  const objects = opened.use(
    config.objects.kind === 's3'
      ? S3ObjectStore.open(config.objects)
      : await FilesystemObjectStore.open(config.objects.dir),
  )
  if (config.events.kind === 'redis' && config.objects.kind === 'filesystem') {
    log.warn('REDIS_URL is set and S3_BUCKET is not: logs and artifacts are visible to this process alone')
  }

  // The port is opened before the address is known that everything else is built with.
  const handler: { current: Express | null } = { current: null }
  const listening = await listen(handler, config.listen)
  const stopping = new AbortController()
  // One listener for each held poll and each follower.
  setMaxListeners(0, stopping.signal)
  opened.defer(async () => {
    stopping.abort()
    await listening.stop(GRACE_MS)
  })
  const host = config.listen.host.includes(':') ? `[${config.listen.host}]` : config.listen.host
  const url = `http://${host}:${listening.port}`
  const externalUrl = config.externalUrl ?? url

  const policy: Policy = {
    externalUrl,
    version,
    registrationEnabled: config.registrationEnabled,
    runnerTokenLifetimeSeconds: config.runnerTokenLifetimeSeconds,
    longPollMs: config.longPollMs,
    maxTraceMib: config.maxTraceMib,
    artifactsEnabled: config.artifactsEnabled,
    maxArtifactBytes: config.maxArtifactBytes,
    artifactExpireSeconds: config.artifactExpireSeconds,
    jobRequestsPerMinute: config.jobRequestsPerMinute,
  }
  const stored = stores(db, secrets)
  const shared = shareReads(objects)
  const ports: Ports = {
    ...stored,
    settings: opened.use(await rememberSettings(stored.settings, events)),
    events,
    scratch,
    objects: shared,
    usage: rememberUsage(stored.usage),
    webhookSender: new HttpWebhookSender(),
    contacts: collectContacts(stored.runners),
    lines: indexLines({ traces: stored.traces, objects: shared }),
    background: runInBackground((name, error) => log.error({ err: error }, `could not ${name}`)),
    policy,
    clock: { now: () => new Date() },
  }
  const metrics = openMetrics()
  watchStores(metrics, ports)
  opened.use(
    startHousekeeping(ports, {
      log,
      metrics,
      sweepIntervalMs: config.sweepIntervalMs,
      jobLimits: config.timeouts,
    }),
  )

  const doorkeeper = openDoorkeeper(ports, { adminToken, externalUrl })
  const trustedProxies = trustProxies(config.trustedProxies)
  handler.current = buildServer({
    ports,
    doorkeeper,
    metrics,
    log,
    trustedProxies,
    stopping: stopping.signal,
    pingDatabase: () => db.probe(),
  })

  const running = opened.move()
  return {
    url,
    externalUrl,
    ports,
    adminToken,
    storage: {
      database: config.database.kind === 'postgres' ? 'PostgreSQL' : `embedded, in ${config.database.dir}`,
      events: config.events.kind === 'redis' ? 'Redis' : 'in this process',
      objects: config.objects.kind === 's3' ? `S3 bucket ${config.objects.bucket}` : `files in ${config.objects.dir}`,
    },
    makeSignInLink: async () => `${externalUrl}/sign-in?token=${await doorkeeper.makeSignInLink()}`,
    async [Symbol.asyncDispose]() {
      // Requests under way still use what lies beneath: they end first, in whatever order the rest was opened.
      stopping.abort()
      await listening.stop(GRACE_MS)
      await running.disposeAsync()
    },
  }
}
