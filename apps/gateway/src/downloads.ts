import { extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { DomainError, Services } from '@yardmaster/domain'
import { DamagedFile, findArtifact, formatOf, openArchivedFile, readArtifact } from '@yardmaster/domain/artifacts'
import { readTrace, traceExtent } from '@yardmaster/domain/traces'
import { type RequestHandler, type Response, Router } from 'express'
import { attachment } from './http/attachment.ts'
import { sendBytes } from './http/ranges.ts'
import { refuseAdmin } from './http/reply.ts'
import { describeRequest, type Logger } from './log.ts'

type Downloading = Pick<Services, 'jobs' | 'traces' | 'artifacts' | 'objects' | 'clock'>

/** `/download/…`: sends stored bytes unchanged. `isAdmin` guards every route. */
export function downloads(services: Downloading, isAdmin: RequestHandler, log: Logger): Router {
  const router = Router({ caseSensitive: true })
  router.get('/jobs/:id/trace', isAdmin, downloadTrace(services))
  router.get('/jobs/:id/artifacts/:type', isAdmin, downloadArtifact(services))
  router.get('/jobs/:id/files/*path', isAdmin, downloadFile(services, log))
  return router
}

/** Sends the raw log, of a running job as far as it is stored. `?view=raw` lets a browser show it. */
function downloadTrace(services: Downloading): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = jobIdIn(req.params.id)
    const extent = await traceExtent(services, id)
    if (!extent) return refuse(res, { kind: 'job_not_found', id })
    const gone = extent.storedBytes === 0 ? await whyGone(services, id) : null
    if (gone) return refuse(res, gone)
    save(res, `job-${id}.log`, 'text/plain; charset=utf-8')
    // Plain text in a sandbox is harmless, whatever it contains.
    if (req.query.view === 'raw') res.removeHeader('Content-Disposition')
    // A growing log differs at every request.
    res.set('Cache-Control', 'private, no-store')
    await sendBytes(req, res, { size: extent.storedBytes }, async ({ start, end }) => bytesOf(services, id, start, end))
  }
}

async function* bytesOf(services: Downloading, id: number, from: number, to: number) {
  for await (const { bytes } of readTrace(services, id, { from, to })) yield bytes
}

/** Sends an artifact as it was uploaded. */
function downloadArtifact(services: Downloading): RequestHandler<{ id: string; type: string }> {
  return async (req, res) => {
    const { id, type } = req.params
    // Also refuses names that the database would not accept.
    if (formatOf(type) === null) return refuse(res, { kind: 'artifact_not_found' })
    const jobId = jobIdIn(id)
    const found = await findArtifact(services, jobId, type)
    if (!found.ok) return refuse(res, (await isErased(services, jobId)) ? { kind: 'job_erased' } : found.error)
    const { size, sha256, createdAt, filename } = found.value
    let refusal: DomainError = { kind: 'artifact_not_found' }
    save(res, filename, 'application/octet-stream')
    const about = { size, modifiedAt: createdAt, etag: `"${sha256}"`, owned: true }
    const sent = await sendBytes(req, res, about, async (range) => {
      const read = await readArtifact(services, found.value, range)
      if (read.ok) return read.value
      refusal = read.error
      return null
    })
    if (!sent) refuse(res, refusal)
  }
}

/** Sends one file of the archive, always whole because it is unpacked on the way (`docs/protocol/artifacts.md 7.1`). */
function downloadFile(services: Downloading, log: Logger): RequestHandler<{ id: string; path: string[] }> {
  return async (req, res) => {
    const job = jobIdIn(req.params.id)
    const path = req.params.path.join('/')
    const refuseDamaged = (reason: string) => {
      log.warn({ job, path, reason }, 'a file in an archive cannot be unpacked')
      refuse(res, { kind: 'artifact_invalid', reason })
    }
    const opened = await openArchivedFile(services, job, path)
    if (!opened.ok) {
      if (opened.error.kind === 'artifact_invalid') return refuseDamaged(opened.error.reason)
      return refuse(res, (await isErased(services, job)) ? { kind: 'job_erased' } : opened.error)
    }
    const { name, size, body } = opened.value
    const chunks = body[Symbol.asyncIterator]()
    try {
      // Before the headers are sent, so that a file damaged at its start gets an error answer.
      const first = await chunks.next()
      save(res, name, extname(name))
      res.set('Content-Length', String(size))
      if (req.method === 'HEAD') return void res.end()
      // A body that breaks off ends the connection, so that the client does not take it for complete.
      await pipeline(from(first, chunks), res)
    } catch (error) {
      if (error instanceof DamagedFile && !res.headersSent) return refuseDamaged(error.message)
      throw error
    } finally {
      await chunks.return?.()
    }
  }
}

async function* from<Chunk>(first: IteratorResult<Chunk>, rest: AsyncIterator<Chunk>): AsyncGenerator<Chunk> {
  for (let next = first; !next.done; next = await rest.next()) yield next.value
}

/** Returns why a job no longer has its log; null when it never wrote one. */
async function whyGone({ jobs }: Pick<Services, 'jobs'>, id: number): Promise<DomainError | null> {
  const job = await jobs.find(id)
  if (job?.erasedAt) return { kind: 'job_erased' }
  return job?.logRemovedAt ? { kind: 'log_removed', at: job.logRemovedAt } : null
}

/** Returns whether a job was erased, so that its log and artifacts are gone for good. */
async function isErased({ jobs }: Pick<Services, 'jobs'>, id: number): Promise<boolean> {
  return (await jobs.find(id))?.erasedAt != null
}

/** Returns the job id in a path; 0, which no job has, for an invalid one. */
function jobIdIn(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0
  describeRequest({ job: id })
  return id <= 2_147_483_647 ? id : 0
}

/** Makes browsers save a file from a job, and keeps its scripts from running if a browser shows it after all. */
function save(res: Response, filename: string, type: string): void {
  res.type(type === '' ? 'application/octet-stream' : type).set({
    'Content-Disposition': attachment(filename),
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    // Keeps pages of other sites from reading it, even by embedding it.
    'Cross-Origin-Resource-Policy': 'same-origin',
  })
}

function refuse(res: Response, error: DomainError): void {
  for (const name of ['Content-Disposition', 'Content-Type']) res.removeHeader(name)
  refuseAdmin(res, error)
}
