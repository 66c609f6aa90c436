import { send } from '../support/http.ts'
import type { Fleet } from './fleet.ts'
import type { Report } from './report.ts'

/** Several times what a gateway needs under this load; unbounded growth would exceed it within an hour. */
const MOST_MIB = 1_536
const MIB = 1024 * 1024

/** The memory of the gateways, as they report it. */
export class Memory {
  readonly #fleet: Fleet
  readonly #report: Report
  highestMib = 0

  constructor(fleet: Fleet, report: Report) {
    this.#fleet = fleet
    this.#report = report
  }

  async look(): Promise<void> {
    for (const { name, gateway } of this.#fleet.members) {
      if (!gateway?.running) continue
      const mib = await residentMib(gateway.url).catch(() => 0)
      this.highestMib = Math.max(this.highestMib, mib)
      if (mib > MOST_MIB) this.#report.difference(`${name} takes ${mib} MiB of memory, more than ${MOST_MIB}`)
    }
  }
}

async function residentMib(url: string): Promise<number> {
  const { text } = await send('GET', `${url}/metrics`, { signal: AbortSignal.timeout(5_000) })
  return Math.round(Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1] ?? 0) / MIB)
}
