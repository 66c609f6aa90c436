import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

const SAMPLE_MS = 20

/** Watches a process until disposed. `peak` is its highest resident memory so far, in bytes; NaN without `/proc`. */
export function peakMemory(pid: number): AsyncDisposable & { readonly peak: number } {
  const over = new AbortController()
  let peak = Number.NaN
  const sampling = (async () => {
    while (!over.signal.aborted) {
      const now = await residentBytes(pid)
      if (Number.isNaN(peak) || now > peak) peak = now
      await pause(SAMPLE_MS, undefined, { signal: over.signal }).catch(() => undefined)
    }
  })()
  return {
    get peak() {
      return peak
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await sampling
    },
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024
}
