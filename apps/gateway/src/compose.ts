import { setMaxListeners } from 'node:events'
import {
  durabilityConcerns,
  installationId,
  lockDatabase,
  migrate,
  openDatabase,
  openSecretBox,
  probeWrites,
  seed,
  stores,
} from '@yardmaster/db'
import { CLOCK_LOOK_MS, type Policy, type Services, watchClock } from '@yardmaster/domain'
import type { Express } from 'express'
import { filesElsewhere } from './adapters/file-finder.ts'
import { FilesystemObjectStore } from './adapters/filesystem-object-store.ts'
import { openRepositories } from './adapters/git/open-repositories.ts'
import { HostedProjects } from './adapters/hosted-projects.ts'
import { HttpRequestSender } from './adapters/http-request-sender.ts'
import { MemoryEventBus } from './adapters/memory-event-bus.ts'
import { MemoryScratch } from './adapters/memory-scratch.ts'
import { tryRedis } from './adapters/redis-connection.ts'
import { RedisEventBus } from './adapters/redis-event-bus.ts'
import { RedisScratch } from './adapters/redis-scratch.ts'
import { RemoteFiles } from './adapters/remote-files.ts'
import { S3ObjectStore } from './adapters/s3-object-store.ts'
import { WorkerCompiler } from './adapters/worker-compiler.ts'
import { assemble } from './assemble.ts'
import type { Config } from './config.ts'
import { startHousekeeping } from './housekeeping.ts'
import { EDGE_LIMITS } from './http/limits.ts'
import { type Logger, openLog } from './log.ts'
import { noteAddress, onThisMachine } from './process/address-file.ts'
import { lockDataDir } from './process/data-dir.ts'
import { demoCommand } from './process/demo-command.ts'
import { watchEventLoop } from './process/event-loop.ts'
import { dataDirFailure } from './process/file-failures.ts'
import { VERSION } from './process/program-files.ts'
import { readSecrets } from './process/secrets.ts'
import { type Explain, refuseFaults, starting } from './process/start-error.ts'
import { databaseFailure, listenFailure, objectStoreFailure, redisFailure } from './process/start-failures.ts'
import { closePart, REQUESTS_MS } from './process/stop.ts'
import { listen } from './server.ts'

export interface Gateway extends AsyncDisposable {
  /** The address it listens on. */
  readonly url: string
  /** The address that runners and browsers use. */
  readonly externalUrl: string
  readonly services: Services
  readonly adminToken: string
  /** Aborts when it must stop because another process serves its database; the reason is an error for the operator. */
  readonly lost: AbortSignal
  readonly log: Logger
  /** The command that shows the demo on this installation, to be run where it was started. */
  readonly demoCommand: string
  /** Where things are stored, as words for the operator. */
  readonly storage: { readonly database: string; readonly events: string; readonly objects: string }
  /** Warnings for the operator, as sentences. */
  readonly concerns: readonly string[]
  makeSignInLink(): Promise<string>
}

/**
 * Opens all parts of a gateway, from the ground up. Disposing closes them in reverse order, and a part that hangs does
 * not stop the others. If a step fails, the opened parts are closed again.
 *
 * @param stop - ends a start after the current step.
 * @throws StartError when the operator can fix the cause; the reason of `stop` after it aborted.
 */
export async function compose(config: Config, stop: AbortSignal): Promise<Gateway> {
  await using opened = new AsyncDisposableStack()
  let log = openLog(config.logLevel)
  const closing = (name: string, close: () => PromiseLike<unknown>) =>
    opened.defer(() => closePart(name, close, (error, sentence) => log.error({ err: error }, sentence)))
  const keep = <Part extends AsyncDisposable>(name: string, part: Part): Part => {
    closing(name, () => part[Symbol.asyncDispose]())
    return part
  }
  const step = <T>(explain: Explain, work: () => T | Promise<T>): Promise<T> => {
    stop.throwIfAborted()
    return starting(explain, work)
  }
  const ofFiles = dataDirFailure(config)
  const ofDatabase = databaseFailure(config)

  const dataDir = keep('The lock of DATA_DIR', await step(ofFiles, () => lockDataDir(config.dataDir)))
  const { adminToken, registrationToken, encryptionKey } = await step(ofFiles, () => readSecrets(config))
  log = openLog(config.logLevel, [adminToken, encryptionKey])
  const outage = (sentence: string) => log.warn(sentence)

  const isShared = config.events.kind === 'redis'
  const lock = keep(
    'The lock of the database',
    await step(ofDatabase, () => lockDatabase(config.database, { shared: isShared, notice: outage })),
  )
  const db = keep('The database', await step(ofDatabase, () => openDatabase(config.database)))
  const secrets = openSecretBox(Buffer.from(encryptionKey, 'base64'))
  await step(ofDatabase, () => migrate(db))
  await step(ofDatabase, () => seed(db, secrets, { registrationToken }))
  const concerns = [...dataDir.concerns, ...(await step(ofDatabase, () => durabilityConcerns(db)))]
  for (const concern of concerns) log.warn(concern)

  const namespace = `yardmaster:${await step(ofDatabase, () => installationId(db))}`
  const { events: eventsAt } = config
  if (eventsAt.kind === 'redis') {
    stop.throwIfAborted()
    refuseFaults(redisFailure(eventsAt), await tryRedis(eventsAt.url))
  }
  const bus =
    eventsAt.kind === 'redis' ? keep('The events', await RedisEventBus.open(eventsAt.url, outage, namespace)) : null
  const events = bus ?? keep('The events', new MemoryEventBus())
  const scratch = keep(
    'The short-lived values',
    eventsAt.kind === 'redis' ? await RedisScratch.open(eventsAt.url, outage, namespace, bus) : new MemoryScratch(),
  )
  const ofObjects = objectStoreFailure(config)
  const { objects: store } = config
  const objects = keep(
    'The object store',
    store.kind === 's3'
      ? S3ObjectStore.open(store)
      : await step(ofObjects, () => FilesystemObjectStore.open(store.dir)),
  )
  await step(ofObjects, () => objects.probe())
  if (isShared && config.objects.kind === 'filesystem') {
    log.warn('REDIS_URL is set and S3_BUCKET is not: logs and artifacts are visible only to this process')
  }

  // The port is opened first, because everything else needs the final address.
  const handler: { current: Express | null } = { current: null }
  const listening = await step(listenFailure(config), () =>
    listen(handler, config.listen, { ...EDGE_LIMITS, connections: config.maxConnections }),
  )
  const stopping = new AbortController()
  // Each held poll and each follower adds a listener.
  setMaxListeners(0, stopping.signal)
  const stopListening = async () => {
    stopping.abort()
    await listening.stop(REQUESTS_MS)
  }
  opened.defer(stopListening)
  const host = config.listen.host.includes(':') ? `[${config.listen.host}]` : config.listen.host
  const url = `http://${host}:${listening.port}`
  const externalUrl = config.externalUrl ?? url
  opened.use(await step(ofFiles, () => noteAddress(config.dataDir, onThisMachine(url))))

  const policy: Policy = {
    externalUrl,
    demoCommand: demoCommand(config),
    version: VERSION,
    registrationEnabled: config.registrationEnabled,
    runnerTokenLifetimeSeconds: config.runnerTokenLifetimeSeconds,
    longPollMs: config.longPollMs,
    maxTraceMib: config.maxTraceMib,
    artifactsEnabled: config.artifactsEnabled,
    maxArtifactBytes: config.maxArtifactBytes,
    artifactExpireSeconds: config.artifactExpireSeconds,
    jobRetentionDays: config.jobRetentionDays,
    logRetentionDays: config.logRetentionDays,
    jobRequestsPerMinute: config.jobRequestsPerMinute,
    maxJobsPerPipeline: config.maxJobsPerPipeline,
    maxRunBytes: config.maxRunBytes,
  }
  const clock = watchClock(undefined, (jumpMs) =>
    log.warn(`time jumped by ${Math.round(jumpMs / 1000)} s: runners are not timed out for this interval`),
  )
  const looking = setInterval(() => clock.look(), CLOCK_LOOK_MS)
  looking.unref()
  opened.defer(() => clearInterval(looking))
  const allStores = stores(db, secrets)
  const { repositories, gitServer } = keep(
    'The repositories',
    await step(ofFiles, () =>
      openRepositories(config.repositories.dir, {
        limits: config.repositories,
        mostRunBytes: config.maxRunBytes,
        environment: config.repositories.environment,
        store: allStores.ownRepositories,
        artifacts: allStores.artifacts,
        objects,
      }),
    ),
  )
  const addresses = opened.use(new RemoteFiles({ denied: config.includeDeny }))
  const projects = opened.use(new HostedProjects(config.projectHosts))
  const assembly = keep(
    'The settings',
    await assemble(
      {
        stores: allStores,
        events,
        scratch,
        objects,
        configs: keep('The compiler', new WorkerCompiler({ files: filesElsewhere(addresses, projects) })),
        requestSender: opened.use(new HttpRequestSender({ denied: config.webhookDeny })),
        repositories,
        gitServer,
        clock,
      },
      {
        policy,
        adminToken,
        trustedProxies: config.trustedProxies,
        log,
        report: (name, error) => log.error({ err: error }, `could not ${name}`),
        stopping: stopping.signal,
        probeDatabase: () => probeWrites(db),
      },
    ),
  )
  const { services, authenticator, metrics } = assembly
  opened.use(watchEventLoop(metrics))
  keep(
    'The work in the background',
    startHousekeeping(services, {
      log,
      metrics,
      sweepIntervalMs: config.sweepIntervalMs,
      jobLimits: config.timeouts,
    }),
  )
  handler.current = assembly.serve()

  const running = opened.move()
  return {
    url,
    externalUrl,
    services,
    adminToken,
    lost: lock.lost,
    demoCommand: policy.demoCommand,
    log,
    concerns,
    storage: {
      database: config.database.kind === 'postgres' ? 'PostgreSQL' : `embedded, in ${config.database.dir}`,
      events: config.events.kind === 'redis' ? 'Redis' : 'in this process',
      objects: config.objects.kind === 's3' ? `S3 bucket ${config.objects.bucket}` : `files in ${config.objects.dir}`,
    },
    makeSignInLink: async () => `${externalUrl}/sign-in?token=${await authenticator.makeSignInLink()}`,
    async [Symbol.asyncDispose]() {
      // Requests under way still use the other parts, so they end first, regardless of the order of opening.
      await stopListening()
      await running.disposeAsync()
    },
  }
}
