import { TRPCError } from '@trpc/server'
import { browseArchive } from '@yardmaster/domain'
import { z } from 'zod'
import { Id } from './inputs.ts'
import { showArtifacts } from './show-jobs.ts'
import { adminProcedure, router, unwrap } from './trpc.ts'

/** `artifacts.*` of the admin API (`interfaces.md` 4). */
export const artifactsRouter = router({
  list: adminProcedure.input(z.strictObject({ jobId: Id })).query(async ({ ctx: { ports }, input: { jobId } }) => {
    const artifacts = await ports.artifacts.list(jobId)
    if (artifacts.length === 0 && !(await ports.jobs.find(jobId))) {
      throw new TRPCError({ code: 'NOT_FOUND', message: `There is no job ${jobId}.` })
    }
    return showArtifacts(ports, artifacts)
  }),

  browse: adminProcedure
    .input(z.strictObject({ jobId: Id, path: z.string().max(4096).default('') }))
    .query(async ({ ctx: { ports }, input: { jobId, path } }) => ({
      path,
      entries: unwrap(await browseArchive(ports, jobId, path)),
    })),
})
