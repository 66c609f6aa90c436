import type { Ports } from '@yardmaster/domain'
import { Router } from 'express'
import type { Metrics } from './metrics.ts'

/** A dependency that hangs counts as one that doesn't answer. */
const PROBE_MS = 5_000

async function answers(probe: Promise<unknown>): Promise<string | null> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${PROBE_MS / 1000} s`)), PROBE_MS).unref()
  })
  try {
    await Promise.race([probe, late])
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * `/healthz`: the process is up. `/readyz`: its database and object store answer; without Redis it is degraded, still
 * ready. `/metrics`: Prometheus text. None needs a sign-in (`interfaces.md` 3).
 */
export function health(
  { events, objects }: Pick<Ports, 'events' | 'objects'>,
  { metrics, pingDatabase, stopping }: { metrics: Metrics; pingDatabase: () => Promise<void>; stopping: AbortSignal },
): Router {
  const router = Router({ caseSensitive: true })

  router.get('/healthz', (_req, res) => void res.json({ status: 'ok' }))

  router.get('/readyz', async (_req, res) => {
    const [database, objectStore] = await Promise.all([answers(pingDatabase()), answers(objects.probe())])
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
