import { browseArchive } from '@yardmaster/domain/artifacts'
import { z } from 'zod'
import { ArtifactsShape, DirectoryShape, showArchiveEntry, showArtifacts } from '../shapes/artifact.ts'
import { Id, text } from './inputs.ts'
import { found, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

/** Entries that make an answer of about 2 MB. */
const MOST_ENTRIES = 10_000

/** `artifacts.*` of the admin API. */
export const artifactsRouter = router({
  list: procedure({
    rest: 'GET /jobs/{jobId}/artifacts',
    summary: 'Lists the artifacts of a job.',
    output: ArtifactsShape,
    refuses: ['job_not_found'],
  })
    .input(z.strictObject({ jobId: Id }))
    .query(async ({ ctx: { services }, input: { jobId } }) => {
      const artifacts = await services.artifacts.list(jobId)
      if (artifacts.length === 0) found(await services.jobs.find(jobId), { kind: 'job_not_found', id: jobId })
      return showArtifacts(services, artifacts)
    }),

  browse: procedure({
    rest: 'GET /jobs/{jobId}/artifacts/entries',
    summary: 'Lists one directory of the archive of a job.',
    output: DirectoryShape,
    refuses: ['job_not_found', 'artifact_not_found', 'storage_failed'],
  })
    .input(
      z.strictObject({
        jobId: Id,
        path: text(4096).default(''),
        limit: z.number().int().min(1).max(MOST_ENTRIES).default(MOST_ENTRIES),
        cursor: text(4097)
          .regex(/^[df][\s\S]/, 'a cursor that a list returned')
          .nullish(),
      }),
    )
    .query(async ({ ctx: { services }, input: { jobId, path, limit, cursor } }) => {
      const { entries, next } = unwrap(
        await browseArchive(services, jobId, { path, limit, after: cursor ?? undefined }),
      )
      return { path, entries: entries.map(showArchiveEntry), nextCursor: next }
    }),
})
