import { crc32 } from 'node:zlib'
import { readWindow } from '@yardmaster/domain/traces'
import { logText } from './log-text.ts'
import type { HeldJob, World } from './world.ts'

/** Returns errors in logs that changed since the last check: they must hold exactly the accepted bytes. */
export async function brokenLogs(world: World): Promise<string[]> {
  const changed = [...world.unread].flatMap((id) => world.held.get(id) ?? [])
  world.unread.clear()
  const broken = await Promise.all(changed.map((held) => brokenLog(world, held)))
  return broken.filter((sentence) => sentence !== null)
}

/** Returns the error in a log, read the way viewers read it; null when there is none. */
export async function brokenLog({ database, objects }: World, held: HeldJob): Promise<string | null> {
  const { id, accepted } = held
  const services = { traces: database.stores.traces, objects }
  const bytes = await readWindow(services, id, { from: 0, to: Number.MAX_SAFE_INTEGER })
  const job = await database.stores.jobs.find(id)
  if (!job || job.erasedAt || job.logRemovedAt) return null
  if (bytes.length < accepted || bytes.length > held.sent) {
    return `the log of job ${id} has ${bytes.length} bytes of ${accepted} accepted and ${held.sent} sent`
  }
  if (!bytes.equals(logText(id, 0, bytes.length))) return `the log of job ${id} is not what was sent`
  const checksum = `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`
  const wrong = job.traceChecksum !== null && job.traceChecksum !== checksum && job.traceSize === bytes.length
  return wrong ? `job ${id} has the checksum ${job.traceChecksum} for a log with ${checksum}` : null
}
