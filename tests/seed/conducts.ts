import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { TakenJob } from '../support/taken-job.ts'
import { zipOf } from '../support/zip.ts'

/** What a runner does with a job that it has taken. Resolves when the job is over, or when `signal` aborts. */
export type Conduct = (job: TakenJob, signal: AbortSignal) => Promise<void>

/** Pause between two lines of a job that keeps running. */
const LINE_MS = 1_000
/** Shortest run time: just enough to show usage that differs between jobs. */
const LEAST_RUN_MS = 300
const MOST_RUN_MS = 1_500

const GREEN = '\u001b[32;1m'
const RED = '\u001b[31;1m'
const CYAN = '\u001b[36m'
const PLAIN = '\u001b[0m'

/** Returns output in a folded section. */
function section(name: string, title: string, lines: readonly string[]): string {
  const mark = (edge: string) => `section_${edge}:${Math.floor(Date.now() / 1000)}:${name}`
  return `${mark('start')}[collapsed=true]\r\u001b[0K${CYAN}${title}${PLAIN}\n${lines.join('\n')}\n${mark('end')}\r\u001b[0K`
}

const prepare = (job: TakenJob): string =>
  section('prepare', `Preparing ${job.payload.job_info.name}`, [
    'Using the shell of a simulated runner',
    `Fetching changes of ${job.payload.job_info.project_name}`,
  ])

const run = (signal: AbortSignal): Promise<void> =>
  pause(LEAST_RUN_MS + Math.random() * (MOST_RUN_MS - LEAST_RUN_MS), undefined, { signal })

/** Prints this output and succeeds. */
export const succeeds =
  (...lines: readonly string[]): Conduct =>
  async (job, signal) => {
    await job.say(prepare(job))
    await run(signal)
    await job.say(`${lines.join('\n')}\n${GREEN}Job succeeded${PLAIN}\n`)
    await job.finish('success')
  }

/** Prints this output and fails with an exit code. */
export const fails =
  (exitCode: number, ...lines: readonly string[]): Conduct =>
  async (job, signal) => {
    await job.say(prepare(job))
    await run(signal)
    await job.say(`${lines.join('\n')}\n${RED}ERROR: Job failed: exit code ${exitCode}${PLAIN}\n`)
    await job.finish('failed', { exitCode })
  }

/** Uploads an archive, and a report if there is one, then continues with `then`. */
export const leaves =
  (files: Readonly<Record<string, string>>, then: Conduct, junit?: string): Conduct =>
  async (job, signal) => {
    await job.upload(zipOf(Object.entries(files).map(([name, bytes]) => ({ name, bytes }))))
    if (junit) await job.upload(gzipSync(junit), { type: 'junit', format: 'gzip', filename: 'junit.xml.gz' })
    await then(job, signal)
  }

/** Prints a line each second until the runners stop. */
export const goesOn: Conduct = async (job, signal) => {
  await job.say(prepare(job))
  for (let line = 1; !signal.aborted && !job.aborted && job.status !== 'canceling'; line++) {
    job.write(`${new Date().toISOString()} request ${line} was answered in ${(Math.random() * 90).toFixed(1)} ms\n`)
    // While the gateway restarts, the output waits.
    await job.flush().catch(() => undefined)
    await pause(LINE_MS, undefined, { signal }).catch(() => undefined)
  }
  if (job.status === 'canceling') await job.finish('failed', { failureReason: 'job_canceled' })
}

/** For jobs that people add: prints the commands and succeeds. */
export const pretends: Conduct = async (job, signal) => {
  const commands = (job.payload.steps ?? []).flatMap(({ script }) => script)
  await succeeds(...commands.map((command) => `${GREEN}$ ${command}${PLAIN}`))(job, signal)
}

/** Keeps cleaning up after a cancellation, with keep-alives. */
export const cleansUp: Conduct = async (job, signal) => {
  await job.say(`${prepare(job)}Migrating the database …\n`)
  while (!signal.aborted && !job.aborted) {
    await job.keepAlive().catch(() => undefined)
    await pause(LINE_MS, undefined, { signal }).catch(() => undefined)
  }
}
