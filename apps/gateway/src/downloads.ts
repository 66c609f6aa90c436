import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Ports, readTrace, traceExtent } from '@yardmaster/domain'
import { type RequestHandler, Router } from 'express'
import { describeRequest } from './log.ts'

/** `/download/…`: stored bytes as they are, in ranges. `isAdmin` guards all of it. */
export function downloads(ports: Ports, isAdmin: RequestHandler): Router {
  const router = Router({ caseSensitive: true })
  router.get('/jobs/:id/trace', isAdmin, downloadTrace(ports))
  return router
}

/** The raw log, also while the job runs: then what is stored when the request comes. */
function downloadTrace(ports: Pick<Ports, 'traces' | 'objects'>): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = /^\d{1,10}$/.test(req.params.id) ? Number(req.params.id) : 0
    describeRequest({ job: id })
    const extent = id > 0 && id <= 2_147_483_647 ? await traceExtent(ports, id) : null
    if (!extent) return void res.status(404).json({ message: `There is no job ${req.params.id}.` })

    const size = extent.heldBytes
    res.set({
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': `attachment; filename="job-${id}.log"`,
      // A log may hold anything; should a browser show it after all, it must not run.
      'Content-Security-Policy': "sandbox; default-src 'none'",
      'Accept-Ranges': 'bytes',
      'Cache-Control': 'private, no-store',
    })
    const ranges = req.range(size)
    if (ranges === -1) return void res.status(416).set('Content-Range', `bytes */${size}`).end()
    // Several ranges at once may be answered with the whole; nobody asks a log for that.
    const range = Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined
    const from = range?.start ?? 0
    const to = range ? range.end + 1 : size
    if (range) res.status(206).set('Content-Range', `bytes ${from}-${to - 1}/${size}`)
    res.set('Content-Length', String(to - from))
    if (req.method === 'HEAD') return void res.end()
    await pipeline(Readable.from(bytesOf(ports, id, from, to)), res)
  }
}

async function* bytesOf(ports: Pick<Ports, 'traces' | 'objects'>, id: number, from: number, to: number) {
  for await (const { bytes } of readTrace(ports, id, { from, to })) yield bytes
}
