import type { Gateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'

/** Memory in bytes. */
export interface Memory {
  readonly resident: number
  readonly heap: number
  readonly external: number
  /** Seconds of CPU since the process started. */
  readonly cpu: number
}

/** Reads the process's own metrics. */
export async function readMemory({ url }: Gateway): Promise<Memory> {
  const { text } = await send('GET', `${url}/metrics`)
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  return {
    resident: value('process_resident_memory_bytes'),
    heap: value('nodejs_heap_size_used_bytes'),
    external: value('nodejs_external_memory_bytes'),
    cpu: value('process_cpu_seconds_total'),
  }
}
