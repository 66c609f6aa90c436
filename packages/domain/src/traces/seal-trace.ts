import { oneByOne } from '../background.ts'
import { isFinished } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { keepIndexOf, lineIndexKey } from './kept-index.ts'
import { joinPieces } from './merge-trace.ts'
import { noteCoverage } from './note-coverage.ts'

const MANY_PIECES = 100_000

type SealingPorts = Pick<Ports, 'traces' | 'objects' | 'jobs' | 'pipelines' | 'artifacts' | 'events'>

/**
 * Turns a finished job's log into one object, and removes everything else under its keys: pieces whose deletion was
 * interrupted, and patches that came too late. Finds the coverage that the log states, and makes the line index of a
 * long log. Does nothing for a job that still runs. Repeating it is harmless, also by several processes at once:
 * joining requires the pieces to be unchanged.
 *
 * @see `docs/protocol/trace.md 7.3`
 */
export async function sealTrace(ports: SealingPorts, jobId: number): Promise<void> {
  const stored = await ports.traces.pieces(jobId, 0, MANY_PIECES)
  if (!stored || !isFinished(stored.status)) return
  let kept = stored.pieces
  if (kept.length > 1 || kept.some(({ segment }) => segment !== null)) {
    const joined = await joinPieces(ports, jobId, kept)
    if (!joined) return
    kept = [joined]
  }
  const keys = new Set(kept.map((piece) => piece.key))
  // Without a log, its index is to be removed as well.
  if (kept.length > 0) keys.add(lineIndexKey(jobId))
  const litter: string[] = []
  for await (const { key } of ports.objects.list(`traces/${jobId}/`)) if (!keys.has(key)) litter.push(key)
  if (litter.length > 0) await ports.objects.delete(litter)
  // Before the mark, so that the sweep makes up for a crash in between.
  await noteCoverage(ports, { jobId, size: stored.storedBytes })
  await ports.traces.seal(jobId, stored.storedBytes)
  await keepIndexOf(ports, jobId, stored.storedBytes)
}

/** Seals logs that no process has sealed: a sweep after crashes. */
export async function sealFinishedTraces(ports: SealingPorts & Pick<Services, 'background'>): Promise<void> {
  await oneByOne(ports, await ports.jobs.unsealed(100), 'seal the log of job', (id) => sealTrace(ports, id))
}
