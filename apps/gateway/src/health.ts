import type { Services } from '@yardmaster/domain'
import { Router } from 'express'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { codeOf, findCause, isDiskFull } from './process/system-errors.ts'

/** Milliseconds after which a dependency counts as not answering. */
const PROBE_MS = 5_000
/** Milliseconds for which a result is reused, because a probe writes and any client may request one. */
const FRESH_MS = 1_000

const READ_ONLY: readonly unknown[] = ['25006', 'EROFS']

/** A part that a gateway needs. */
interface Part {
  readonly name: string
  readonly probe: () => Promise<void>
}

/** Returns fixed words, because any client may ask and a driver's message may contain hosts, users and paths. */
function reasonFor(error: unknown): string {
  if (error instanceof NoAnswer) return error.message
  if (isDiskFull(error)) return 'the disk is full'
  if (findCause(error, (cause) => READ_ONLY.includes(codeOf(cause)))) return 'read-only'
  return 'not usable'
}

class NoAnswer extends Error {}

/** Probes a part at most once at a time, and logs once that it went away and once that it is back. */
function watchPart({ name, probe }: Part, log: Logger): () => Promise<string | null> {
  let isAway = false
  let asked = Number.NEGATIVE_INFINITY
  let found: Promise<string | null> = Promise.resolve(null)

  async function look(): Promise<string | null> {
    try {
      await answered(probe())
      if (isAway) log.warn(`the ${name} can be used again`)
      isAway = false
      return null
    } catch (error) {
      if (!isAway) log.error({ err: error }, `the ${name} can't be used`)
      isAway = true
      return reasonFor(error)
    } finally {
      asked = performance.now()
    }
  }

  return () => {
    if (performance.now() - asked > FRESH_MS) {
      asked = Number.POSITIVE_INFINITY
      found = look()
    }
    return found
  }
}

async function answered(probe: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new NoAnswer(`no answer in ${PROBE_MS / 1000} s`)), PROBE_MS)
  try {
    await Promise.race([probe, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * `/healthz`: the process is up. `/readyz`: its database and object store accept writes; without Redis it is degraded
 * but ready. `/metrics`: Prometheus text. None of them needs a sign-in (`docs/operations.md#health-and-metrics`).
 */
export function health(
  { events, objects }: Pick<Services, 'events' | 'objects'>,
  {
    metrics,
    log,
    probeDatabase,
    stopping,
  }: { metrics: Metrics; log: Logger; probeDatabase: () => Promise<void>; stopping: AbortSignal },
): Router {
  const router = Router({ caseSensitive: true })
  const askDatabase = watchPart({ name: 'database', probe: probeDatabase }, log)
  const askObjects = watchPart({ name: 'object store', probe: () => objects.probe() }, log)

  router.get('/healthz', (_req, res) => void res.json({ status: 'ok' }))

  router.get('/readyz', async (_req, res) => {
    const [database, objectStore] = await Promise.all([askDatabase(), askObjects()])
    const down = { ...(database && { database }), ...(objectStore && { objects: objectStore }) }
    const ready = Object.keys(down).length === 0 && !stopping.aborted
    res.status(ready ? 200 : 503).json({
      status: ready ? 'ready' : stopping.aborted ? 'stopping' : 'unavailable',
      database: database ? 'down' : 'ok',
      objects: objectStore ? 'down' : 'ok',
      events: events.healthy ? 'ok' : 'degraded',
      ...(ready ? {} : { down }),
    })
  })

  router.get('/metrics', async (_req, res) => {
    res.set('Content-Type', metrics.registry.contentType).send(await metrics.registry.metrics())
  })
  return router
}
