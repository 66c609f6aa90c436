import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { send } from '../support/http.ts'

/** Names of incomplete objects begin with a dot. */
const KEY = /^(traces|artifacts)\//

/** Lists the keys in a bucket, as any client may. */
export async function listBucket(endpoint: string, bucket: string): Promise<string[]> {
  const keys: string[] = []
  for (let after: string | null = null; ; ) {
    const url: URL = new URL(`${endpoint}/${bucket}?list-type=2`)
    if (after !== null) url.searchParams.set('start-after', after)
    const { text } = await send('GET', url)
    const page = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key ?? '')
    keys.push(...page)
    after = page.at(-1) ?? null
    if (after === null || !text.includes('<IsTruncated>true</IsTruncated>')) return keys
  }
}

/** Lists the keys of objects stored as files. */
export async function listFolder(folder: string): Promise<string[]> {
  for (;;) {
    try {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((key) => KEY.test(key))
    } catch (error) {
      // A folder was removed with its last object meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** Returns the id of the job that an object belongs to. */
export const jobOf = (key: string): number => Number(key.split('/')[1])

/** Objects with bytes of many logs. */
export const SEGMENTS = 'traces/segments/'
export const isSegment = (key: string): boolean => key.startsWith(SEGMENTS)
