import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Site } from './form.ts'

/** No object was written for so long: work in the background, such as joining, has ended. */
const QUIET_MS = 1_500

/** The objects that a gateway has written: files, or PUT requests to its bucket. */
export interface WrittenObjects extends Disposable {
  count(): Promise<number>
}

/** Begins to count. Of a bucket it needs the S3 server that `scripts/servers.mjs` starts, which counts requests. */
export function writtenObjects(site: Site): WrittenObjects {
  return site.bucket === undefined ? writtenFiles(site) : putRequests(site.bucket)
}

/** Waits until nothing more is written. @returns the number of objects by then. */
export async function settledCount(objects: WrittenObjects): Promise<number> {
  for (let before = -1; ; ) {
    const now = await objects.count()
    if (now === before) return now
    before = now
    await pause(QUIET_MS)
  }
}

/** Every file is written here under a name of its own, and moved to its place when it is whole. */
function writtenFiles(site: Site): WrittenObjects {
  const names = new Set<string | null>()
  const watcher: FSWatcher = watch(join(site.dataDir, 'objects', '.incoming'), (_event, name) => names.add(name))
  return {
    count: async () => names.size,
    [Symbol.dispose]: () => watcher.close(),
  }
}

function putRequests(bucket: string): WrittenObjects {
  return {
    async count() {
      const reply = await fetch(`${process.env.TEST_S3_ENDPOINT}/_puts/${bucket}`)
      return reply.ok ? ((await reply.json()) as number) : Number.NaN
    },
    [Symbol.dispose]() {},
  }
}
