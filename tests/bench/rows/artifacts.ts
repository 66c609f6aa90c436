import { setTimeout as pause } from 'node:timers/promises'
import { LargeArchive, MULTIPART, multipart, transfer } from '../archive.ts'
import { CpuMeter } from '../cpu.ts'
import { Form, type Site } from '../form.ts'
import { peakMemory } from '../memory.ts'
import { inTurns, median, ratio, single } from '../rounds.ts'
import type { Compared, Finding, Row } from '../row.ts'

const MIB = 1_048_576
const BYTES = 1024 * MIB
const ROUNDS = 3
const AIM = 0.7
const AIM_MIB = 64

/** Upload and download of one large archive: the time and memory they cost. */
export const artifacts: Row = {
  name: 'artifacts',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway({ MAX_ARTIFACT_MIB: '2048' })
    const bare = await form.bare('storing-server')
    const bareUrl = await bare.ask<string>(null)
    const archive = new LargeArchive(BYTES)
    const runner = await site.runner()
    const perSecond = async (work: () => Promise<unknown>): Promise<number> => {
      const begun = performance.now()
      await work()
      return archive.size / MIB / ((performance.now() - begun) / 1000)
    }

    const downloads = { ours: [] as number[], baseline: [] as number[] }
    const peaks = { upload: [] as number[], download: [] as number[] }
    const idle = await idleMemory(site)
    const meters = { ours: new CpuMeter(site.processes), baseline: new CpuMeter(bare.processes) }
    const uploads = await inTurns(ROUNDS, {
      ours: single(site.processes, async () => {
        await site.admin.mutate('jobs.create', { name: 'sample', definition: { script: ['true'] } })
        const job = await runner.take()
        const url = `${site.url}/api/v4/jobs/${job.id}/artifacts`
        const headers = { 'JOB-TOKEN': job.token }
        const above = async (work: () => Promise<number>, of: number[]): Promise<number> => {
          await using memory = peakMemory(site.pid)
          const figure = await work()
          of.push(memory.peak - idle)
          return figure
        }
        const form = { headers: { ...headers, ...MULTIPART }, pieces: multipart(archive.pieces()) }
        const query = 'artifact_type=archive&artifact_format=zip&expire_in=1+day'
        const upload = await above(() => perSecond(() => transfer('POST', `${url}?${query}`, 201, form)), peaks.upload)
        const download = () =>
          meters.ours.during(
            () => perSecond(() => whole(archive, transfer('GET', url, 200, { headers }))),
            () => 1,
          )
        downloads.ours.push(await above(download, peaks.download))
        await job.finish('success')
        await site.admin.mutate('jobs.erase', { id: job.id })
        return upload
      }),
      baseline: single(bare.processes, async () => {
        const url = `${bareUrl}/archive`
        const upload = await perSecond(() => transfer('POST', url, 201, { pieces: archive.pieces() }))
        const download = () => perSecond(() => whole(archive, transfer('GET', url, 200)))
        downloads.baseline.push(await meters.baseline.during(download, () => 1))
        await transfer('DELETE', url, 204)
        return upload
      }),
    })
    // The warm-up round.
    for (const figures of Object.values(downloads)) figures.shift()
    return [
      throughput('upload of 1 GiB', uploads),
      ...memoryAboveIdle('upload of 1 GiB', peaks.upload),
      throughput('download of 1 GiB', {
        ours: { figures: downloads.ours, cpu: meters.ours.perOperation },
        baseline: { figures: downloads.baseline, cpu: meters.baseline.perOperation },
      }),
      ...memoryAboveIdle('download of 1 GiB', peaks.download),
    ]
  },
}

function throughput(what: string, { ours, baseline }: Compared) {
  const found = ratio(ours, baseline)
  const shown = (of: readonly number[]) => `${median(of).toFixed(0)} MiB/s`
  return {
    what,
    ours: shown(ours.figures),
    baseline: shown(baseline.figures),
    ratio: found.toFixed(2),
    aim: `≥ ${AIM}`,
    met: found >= AIM,
    cpu: ours.cpu,
    baselineCpu: baseline.cpu,
  } satisfies Finding
}

function memoryAboveIdle(what: string, peaks: readonly number[]): Finding[] {
  const peak = Math.max(...peaks) / MIB
  if (Number.isNaN(peak)) return []
  const aim = `< ${AIM_MIB} MiB`
  return [{ what: `${what}, memory above idle`, ours: `${peak.toFixed(0)} MiB`, aim, met: peak < AIM_MIB }]
}

async function whole(archive: LargeArchive, received: Promise<number>): Promise<void> {
  const bytes = await received
  if (bytes !== archive.size) throw new Error(`${bytes} bytes came back of ${archive.size}`)
}

/** Measures the memory once the work after the start is done. */
async function idleMemory(site: Site): Promise<number> {
  await pause(2_000)
  await using memory = peakMemory(site.pid)
  await pause(200)
  return memory.peak
}
