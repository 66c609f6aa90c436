import { setTimeout as pause } from 'node:timers/promises'
import { AdminError } from '../support/admin.ts'
import { definitionOf, type JobPlan, planPipeline } from './plan.ts'
import type { Scene } from './scene.ts'

const INTERVAL_MS = 1_000
/** With more pending jobs than this, for example after an outage, no jobs are added. */
const MOST_PENDING = 12

/** Submits pipelines and cancels some of their jobs until `over` aborts. */
export async function submit(scene: Scene, over: AbortSignal): Promise<void> {
  const cancellations: Promise<void>[] = []
  for (let number = 1; !over.aborted; number++) {
    if (await backlog(scene)) number -= 1
    else cancellations.push(...(await submitOne(scene, number)))
    await pause(INTERVAL_MS, undefined, { signal: over }).catch(() => undefined)
  }
  await Promise.all(cancellations)
}

async function backlog({ admin, projectId }: Scene): Promise<boolean> {
  try {
    const { items } = await admin.query('jobs.list', { projectId, status: 'pending', limit: MOST_PENDING })
    return items.length >= MOST_PENDING
  } catch {
    return true
  }
}

async function submitOne(scene: Scene, number: number): Promise<Promise<void>[]> {
  const { admin, ledger, projectId, report, seed } = scene
  const jobs = planPipeline(seed, number)
  const pipeline = { number, jobs, submittedAt: Date.now(), verified: false, erasing: false, erased: false }
  ledger.expect(jobs)
  try {
    const { ids } = await admin.mutate('jobs.createMany', {
      projectId,
      jobs: jobs.map(definitionOf),
    })
    ledger.submit({ ...pipeline, certain: true })
    return jobs.flatMap((job, index) => (job.canceledAfter === null ? [] : [cancelLater(scene, job, ids[index] ?? 0)]))
  } catch (error) {
    // The audit at the end finds out whether it was stored: all of it, or nothing.
    ledger.submit({ ...pipeline, certain: false })
    if (error instanceof AdminError && error.status < 500) {
      report.difference(`a pipeline was refused: ${error.message}`)
    }
    return []
  }
}

async function cancelLater({ admin, ledger, report }: Scene, job: JobPlan, id: number): Promise<void> {
  await pause(job.canceledAfter ?? 0)
  ledger.canceled.set(id, null)
  try {
    const { status } = await admin.mutate('jobs.cancel', { id })
    ledger.canceled.set(id, status)
  } catch (error) {
    if (!(error instanceof AdminError) || error.status >= 500) return
    // The job had already ended.
    if (error.code === 'CONFLICT') ledger.canceled.delete(id)
    else report.difference(`job ${id} could not be canceled: ${error.message}`)
  }
}
