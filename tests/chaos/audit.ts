import { setTimeout as pause } from 'node:timers/promises'
import { AdminError } from '../support/admin.ts'
import { attemptsOf, examine } from './examine.ts'
import type { Pipeline } from './ledger.ts'
import { patiently } from './patiently.ts'
import { Random } from './random.ts'
import type { Scene } from './scene.ts'
import { isSegment, jobOf, SEGMENTS } from './stored-objects.ts'

/** Verified pipelines beyond this number are erased, so that neither side grows without bound. */
const KEPT = 100
/** The share of the other pipelines that is erased while faults are injected. */
const ERASED_EARLY = 0.3
const BETWEEN_AUDITS_MS = 3_000
/** How long everything may take to finish once the faults are over. */
const SETTLE_MS = 180_000
const OBJECTS_MS = 60_000
/** A segment whose removal was interrupted is looked at every five minutes. */
const SEGMENTS_MS = 400_000
const UNFINISHED = ['created', 'pending', 'running', 'canceling'] as const

/** During the faults, repeatedly compares finished pipelines and erases some of the correct ones. */
export async function auditFinished(scene: Scene, over: AbortSignal): Promise<void> {
  const { ledger, seed } = scene
  while (!over.aborted) {
    await pause(BETWEEN_AUDITS_MS, undefined, { signal: over }).catch(() => undefined)
    for (const pipeline of ledger.pipelines) {
      if (over.aborted || Date.now() - pipeline.submittedAt < BETWEEN_AUDITS_MS) break
      // A failed read is not a difference: it is repeated.
      if (!pipeline.verified && !ledger.isAtWork(pipeline)) await verify(scene, pipeline)
    }
    const kept = ledger.pipelines.filter(({ verified, erased }) => verified && !erased)
    const early = kept.filter(({ number }) => new Random(seed, 'erase', number).chance(ERASED_EARLY))
    for (const pipeline of new Set([...kept.slice(0, -KEPT), ...early])) {
      if (!over.aborted) await erase(scene, pipeline)
    }
  }
}

/** At the end, waits until everything is over and compares everything that is left once more. */
export async function auditAll(scene: Scene): Promise<void> {
  const { ledger, report } = scene
  const until = Date.now() + SETTLE_MS
  for (;;) {
    const open = ledger.pipelines.filter(({ verified }) => !verified)
    if (open.length === 0) break
    const late = Date.now() > until
    for (const pipeline of open) {
      const wrong = await verify(scene, pipeline)
      if (!late) continue
      for (const sentence of wrong) report.difference(sentence, pipeline.submittedAt, pipeline.submittedAt + 60_000)
      pipeline.verified = true
    }
    await pause(300)
  }
  for (const pipeline of ledger.pipelines.filter(({ erasing }) => !erasing)) {
    const wrong = await patiently(() => examine(scene, pipeline)).catch((error) => [unread(pipeline, error)])
    for (const sentence of wrong) report.difference(sentence, pipeline.submittedAt)
  }
  for (const status of UNFINISHED) {
    const { projectId, admin } = scene
    const { items } = await patiently(() => admin.query('jobs.list', { projectId, status, limit: 100 }))
    for (const { id, name } of items) report.difference(`job ${id} (${name}) is still ${status}`)
  }
}

/** Erases everything and waits until the objects are deleted. Objects of unanswered calls may stay for hours. */
export async function auditObjects(scene: Scene): Promise<void> {
  const { installation, ledger, report } = scene
  for (const pipeline of ledger.pipelines) {
    for (let tries = 0; tries < 30 && !(await erase(scene, pipeline)); tries++) await pause(300)
  }
  const began = Date.now()
  for (;;) {
    const strays = unexplained(scene, await patiently(() => installation.objects()))
    if (strays.length === 0) return
    if (Date.now() - began > (strays.every(isSegment) ? SEGMENTS_MS : OBJECTS_MS)) {
      for (const key of strays.slice(0, 20)) {
        const attempt = ledger.attempts.get(jobOf(key))
        report.difference(`the object ${key} is left over`, attempt?.takenAt, attempt?.endedAt ?? undefined)
      }
      return
    }
    await pause(300)
  }
}

/**
 * Returns the keys that exceed the number of calls in doubt. An upload may leave the archive and its listing, and a
 * patch of any job a segment.
 */
function unexplained({ ledger }: Scene, keys: readonly string[]): string[] {
  const left = new Map<string, number>()
  const patchesInDoubt = [...ledger.attempts.values()].reduce((sum, attempt) => sum + attempt.patchesInDoubt, 0)
  return keys.filter((key) => {
    const of = isSegment(key) ? SEGMENTS : `${key.split('/')[0]}/${jobOf(key)}`
    const attempt = isSegment(key) ? { patchesInDoubt, uploadsInDoubt: 0 } : ledger.attempts.get(jobOf(key))
    const doubts = key.startsWith('traces/') ? (attempt?.patchesInDoubt ?? 0) : 2 * (attempt?.uploadsInDoubt ?? 0)
    const spare = left.get(of) ?? doubts
    left.set(of, spare - 1)
    return spare <= 0
  })
}

/** @returns the faults found, including jobs that are not over yet. */
async function verify(scene: Scene, pipeline: Pipeline): Promise<string[]> {
  try {
    const wrong = await examine(scene, pipeline)
    pipeline.verified = wrong.length === 0
    return wrong
  } catch (error) {
    return [unread(pipeline, error)]
  }
}

const unread = ({ number }: Pipeline, error: unknown): string =>
  `pipeline ${number} could not be read: ${error instanceof Error ? error.message : error}`

/** @returns whether it succeeded; if not, it is tried again later. */
async function erase(scene: Scene, pipeline: Pipeline): Promise<boolean> {
  if (pipeline.erased) return true
  pipeline.erasing = true
  try {
    for (const plan of pipeline.jobs) {
      for (const { id } of await attemptsOf(scene, plan.name)) {
        // Without log and artifacts there is nothing to erase.
        await scene.admin.mutate('jobs.erase', { id }).catch((error) => {
          if (!(error instanceof AdminError) || error.code !== 'CONFLICT') throw error
        })
        scene.ledger.forgetBytes(id)
      }
    }
    pipeline.erased = true
    return true
  } catch {
    return false
  }
}
