import { readOverview } from '@yardmaster/domain/overview'
import { OverviewShape, showOverview } from '../shapes/overview.ts'
import { procedure, router } from './trpc.ts'

/** `overview.*` of the admin API. */
export const overviewRouter = router({
  get: procedure({
    rest: 'GET /overview',
    summary: 'Returns what waits and who could work: maintenance, the queue and the runners.',
    output: OverviewShape,
  }).query(async ({ ctx: { services } }) => showOverview(await readOverview(services))),
})
