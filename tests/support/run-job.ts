import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { jobEnvironment } from './job-environment.ts'
import { leaveArtifacts } from './leave-artifacts.ts'
import { Masker } from './masker.ts'
import { runLines, type ShellEnd } from './shell.ts'
import type { Outcome, TakenJob } from './taken-job.ts'

/** A keep-alive is sent after this long without an accepted patch (`docs/protocol/job-update.md 2`). */
const KEEP_ALIVE_MS = 30_000

export interface RunOptions {
  /** The directory for builds; each job gets its own subdirectory. */
  readonly directory: string
  /** Longest pause between two patches, even if the server asks for a longer one, in seconds. */
  readonly mostInterval?: number
  /** Aborts when the runner has to stop: its jobs then fail. */
  readonly signal: AbortSignal
}

/**
 * Executes a job's steps with bash and reports them as GitLab Runner does: output in patches, keep-alives, masking,
 * sections, the time limit, cancellation, artifacts, the final state.
 */
export async function runJob(job: TakenJob, options: RunOptions): Promise<void> {
  const accepted = await job.accept()
  if (job.aborted || accepted.status === 404) return

  const over = new AbortController()
  const reporting = report(job, over.signal, options.mostInterval ?? 900)
  let outcome: Outcome | null
  try {
    outcome = await execute(job, options)
  } finally {
    over.abort()
    await reporting
  }
  await job.finish(outcome === null ? 'success' : 'failed', outcome ?? {})
}

/** Returns null for success. */
async function execute(job: TakenJob, { directory, signal }: RunOptions): Promise<Outcome | null> {
  const { payload } = job
  const project = join(directory, String(payload.job_info.project_id))
  await mkdir(project, { recursive: true })
  const env = await jobEnvironment(payload, { directory, project })
  const masker = new Masker(payload.variables.filter(({ masked }) => masked).map(({ value }) => value))
  // Joins sequences that were cut, and replaces invalid UTF-8 by U+FFFD before bytes are counted.
  const decoder = new TextDecoder()
  const say = (text: string) => job.write(masker.push(text))
  const section = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    say(mark(job, 'start', name))
    const done = await work()
    say(mark(job, 'end', name))
    return done
  }
  const run = (lines: readonly string[], stop: AbortSignal): Promise<ShellEnd> =>
    runLines({
      lines,
      cwd: project,
      env,
      signal: stop,
      onOutput: (bytes) => say(decoder.decode(bytes, { stream: true })),
    })

  await section('prepare_executor', async () => say('Using the shell of the sample runner...\n'))
  const timeout = AbortSignal.timeout(Math.max(1, payload.runner_info.timeout || 7200) * 1000)
  const stopped = stopSignal(job, [signal, timeout])
  const end = await section('step_script', async () => {
    for (const { script } of (payload.steps ?? []).filter(({ name }) => name !== 'after_script')) {
      const end = await run(script, stopped.signal)
      if (end.kind === 'killed' || end.code !== 0) return end
    }
    return null
  })
  stopped.stop()

  const afterScript = payload.steps?.find(({ name }) => name === 'after_script')
  if (afterScript && !job.aborted && !signal.aborted) {
    await section('after_script', () =>
      run(afterScript.script, AbortSignal.any([signal, AbortSignal.timeout(300_000)])),
    )
  }
  const judged = judge(end, { timedOut: timeout.aborted, interrupted: signal.aborted })
  const left = await leaveArtifacts(job, { directory: project, succeeded: judged === null, say })
  const outcome = judged ?? (left ? null : { failureReason: 'runner_system_failure' })
  if (outcome === null) say('\x1b[32;1mJob succeeded\x1b[0;m\n')
  else say(`\x1b[31;1mERROR: Job failed: ${sentence(outcome)}\x1b[0;m\n`)
  job.write(masker.end())
  return outcome
}

function judge(
  end: ShellEnd | null,
  { timedOut, interrupted }: { timedOut: boolean; interrupted: boolean },
): Outcome | null {
  if (end === null) return null
  if (end.kind === 'exit') return { failureReason: 'script_failure', exitCode: end.code }
  if (timedOut) return { failureReason: 'job_execution_timeout' }
  return { failureReason: interrupted ? 'runner_system_failure' : 'unknown_failure' }
}

function sentence({ failureReason, exitCode }: Outcome): string {
  if (exitCode !== undefined) return `exit status ${exitCode}`
  return failureReason === 'job_execution_timeout' ? 'execution took too long' : 'canceled'
}

function mark({ payload }: TakenJob, edge: 'start' | 'end', name: string): string {
  if (!payload.features.trace_sections) return ''
  return `section_${edge}:${Math.floor(Date.now() / 1000)}:${name}\r\x1b[0K`
}

/** Returns a signal that aborts with any of `signals`, and when the server says that the job is canceled or over. */
function stopSignal(job: TakenJob, signals: AbortSignal[]): { signal: AbortSignal; stop: () => void } {
  const canceled = new AbortController()
  const timer = setInterval(() => {
    if (job.aborted || job.status === 'canceling') canceled.abort()
  }, 100)
  return { signal: AbortSignal.any([...signals, canceled.signal]), stop: () => clearInterval(timer) }
}

/** Sends new output once per interval, and a keep-alive after a long silence, until `over` aborts. */
async function report(job: TakenJob, over: AbortSignal, mostInterval: number): Promise<void> {
  let heardAt = performance.now()
  while (!over.aborted && !job.aborted) {
    await pause(Math.min(job.interval, mostInterval) * 1000, undefined, { signal: over }).catch(() => undefined)
    if (over.aborted || job.aborted) return
    try {
      const reply = await job.push()
      if (reply?.status === 202) heardAt = performance.now()
      if (reply === null && performance.now() - heardAt > KEEP_ALIVE_MS) {
        const { status } = await job.keepAlive()
        if (status === 200) heardAt = performance.now()
      }
    } catch {
      // The server is unreachable for a moment: the bytes are kept and sent again in the next round.
    }
  }
}
