import { setTimeout as pause } from 'node:timers/promises'
import { checked, checkedList, JOB, PIPELINE } from '../answers.ts'
import type { JobInPipeline } from '../client.ts'
import { Away, type ExitStatus, Interrupted } from '../failure.ts'
import { LogPrinter } from '../log-printer.ts'
import type { Paint } from '../terminal.ts'
import type { ServerTools } from '../tools.ts'
import { followTrace } from '../trace-events.ts'
import { oneLine } from '../visible.ts'
import { ran } from '../words.ts'

/** What came of a pipeline. */
export interface Followed {
  readonly status: ExitStatus
  /** The jobs that failed or were canceled. */
  readonly failed: readonly FollowedJob[]
  /** The jobs that a runner has had. */
  readonly finished: readonly FollowedJob[]
}

interface FollowedJob {
  readonly id: number
  readonly name: string
  readonly status: string
}

/** Milliseconds between two looks at the jobs. */
const LOOK_MS = 500
/** Milliseconds after which a job that waits for a runner is explained. */
const WAIT_MS = 5_000
/** Milliseconds for which a server that was there may be away. */
const AWAY_MS = 300_000
/** Logs that are followed at the same time. */
const MOST_LOGS = 64

const OVER: ReadonlySet<string> = new Set(['success', 'failed', 'canceled', 'skipped'])
/** Without a person, nothing more happens to these. */
const AT_REST: ReadonlySet<string> = new Set([...OVER, 'manual', 'created'])
const PAINTS: readonly Paint[] = ['cyan', 'magenta', 'blue', 'yellow', 'green']

/**
 * Prints the logs of all jobs of a pipeline and of its children as they come, line by line, each with the name of its job,
 * until the pipeline is over or waits for a person. The first Ctrl+C cancels it.
 *
 * @param pipeline.named - jobs that were asked for: manual ones are played.
 */
export async function followPipeline(
  tools: ServerTools,
  { id, named }: { readonly id: number; readonly named: readonly string[] },
): Promise<Followed> {
  const { client, terminal, onInterrupt } = tools
  let isCanceled = false
  const canceling: Promise<unknown>[] = []
  onInterrupt(() => {
    isCanceled = true
    terminal.say(`Canceling pipeline ${id}. Press Ctrl+C again to leave at once.`)
    canceling.push(client.pipelines.cancel.mutate({ id }).catch(() => undefined))
  })
  try {
    const logs = new Logs(tools)
    const play = playing(tools, named)
    let awaySince: number | null = null
    for (;;) {
      try {
        const { status, jobs } = await readFamily(tools, id)
        awaySince = null
        logs.look(jobs)
        await play(jobs)
        if (isSettled(status, jobs) && canceling.length === 0) {
          await logs.ended()
          sayTheEnd(tools, id, status, jobs)
          return {
            status: isCanceled ? 130 : status === 'failed' || status === 'canceled' ? 3 : 0,
            failed: jobs.filter((job) => isFailure(job)),
            finished: jobs.filter(({ startedAt, status: of }) => startedAt !== null && OVER.has(of)),
          }
        }
      } catch (error) {
        if (!(error instanceof Error && error.cause instanceof Away)) throw error
        awaySince ??= Date.now()
        if (Date.now() - awaySince > AWAY_MS) throw error
      }
      await Promise.all(canceling.splice(0))
      await pause(LOOK_MS, undefined, { signal: tools.signal }).catch(() => {
        throw new Interrupted()
      })
    }
  } finally {
    onInterrupt(null)
  }
}

const isFailure = ({ status, allowFailure }: JobInPipeline): boolean =>
  status === 'canceled' || (status === 'failed' && !allowFailure)

const isSettled = (status: string, jobs: readonly JobInPipeline[]): boolean =>
  (OVER.has(status) || status === 'manual') && jobs.every((job) => AT_REST.has(job.status))

/** Returns the latest attempts of the jobs of a pipeline and of its children, which are named after their trigger jobs. */
async function readFamily(
  { client }: ServerTools,
  id: number,
  prefix = '',
): Promise<{ status: string; jobs: JobInPipeline[] }> {
  const found = checked(await client.pipelines.jobs.query({ id }), { jobs: 'list' })
  const { status } = checked(found.pipeline, PIPELINE)
  const jobs = checkedList(found.jobs, JOB).map((job) => ({ ...job, name: `${prefix}${oneLine(job.name)}` }))
  const children = await Promise.all(
    jobs.flatMap(({ downstreamPipelineId, name }) =>
      typeof downstreamPipelineId === 'number'
        ? [readFamily({ client } as ServerTools, downstreamPipelineId, `${name} › `)]
        : [],
    ),
  )
  return { status, jobs: [...jobs, ...children.flatMap((child) => child.jobs)] }
}

/** Returns what plays the named manual jobs, each once. */
function playing({ client, terminal }: ServerTools, named: readonly string[]) {
  const played = new Set<number>()
  return async (jobs: readonly JobInPipeline[]): Promise<void> => {
    for (const { id, name, status } of jobs) {
      if (status !== 'manual' || played.has(id) || !named.includes(name)) continue
      played.add(id)
      await client.jobs.play.mutate({ id })
      terminal.say(`${name}: started.`)
    }
  }
}

/** Prints what jobs write. */
class Logs {
  readonly #tools: ServerTools
  readonly #following = new Map<number, Promise<void>>()
  readonly #known = new Map<number, { status: string; waitsSince: number | null }>()
  #failure: unknown = null
  #active = 0
  #width = 0

  constructor(tools: ServerTools) {
    this.#tools = tools
  }

  /** Follows the logs that have begun, and says what has become of jobs. @throws what went wrong with a log. */
  look(jobs: readonly JobInPipeline[]): void {
    if (this.#failure) throw this.#failure
    this.#width = Math.min(30, Math.max(0, ...jobs.map(({ name }) => name.length)))
    for (const [index, job] of jobs.entries()) {
      const { id, name, status } = job
      const known = this.#known.get(id)
      const waits = status === 'pending' || status === 'waiting_for_resource' || status === 'scheduled'
      if (known?.status !== status) {
        this.#known.set(id, { status, waitsSince: waits ? Date.now() : null })
        if (known && status === 'manual')
          this.#tools.terminal.say(`${name} waits for a person: yardmaster job play ${id}`)
      } else if (known.waitsSince !== null && Date.now() - known.waitsSince > WAIT_MS) {
        known.waitsSince = null
        this.#tools.terminal.say(`${name} is ${status}. Why: yardmaster job why ${id}`)
      }
      const hasLog = status === 'running' || status === 'canceling' || (OVER.has(status) && job.startedAt !== null)
      if (!hasLog || this.#following.has(id) || this.#active >= MOST_LOGS) continue
      this.#active += 1
      const following = this.#follow(job, PAINTS[index % PAINTS.length] ?? 'cyan')
        .catch((error: unknown) => {
          this.#failure ??= error
        })
        .finally(() => {
          this.#active -= 1
        })
      this.#following.set(id, following)
    }
  }

  /** Resolves when all logs that have begun are printed. */
  async ended(): Promise<void> {
    await Promise.all(this.#following.values())
    if (this.#failure) throw this.#failure
  }

  async #follow({ id, name }: JobInPipeline, paint: Paint): Promise<void> {
    const { connection, terminal, output } = this.#tools
    const isData = output === 'table'
    const printer = new LogPrinter({ colours: isData && terminal.colours, timestamps: false })
    const write = async (text: string): Promise<void> => {
      if (text === '') return
      const label = `${name.padEnd(this.#width)} | `
      const lines = text.replace(/\n$/, '').split('\n')
      if (!isData) return terminal.say(lines.map((line) => `${label}${line}`).join('\n'))
      const mark = terminal.paint(label, paint)
      await terminal.out(lines.map((line) => `${mark}${line}\n`).join(''))
    }
    let status = ''
    const onLost = (): void => terminal.say('The connection was lost; trying again.')
    for await (const event of followTrace(connection, id, { onLost })) {
      status = event.status
      await write(printer.push(event.text))
    }
    await write(printer.end())
    const took = await this.#tools.client.jobs.get
      .query({ id })
      .then(({ startedAt, finishedAt }) => ran(startedAt ?? null, finishedAt ?? null))
      .catch(() => null)
    terminal.say(`${name}: ${status}${took === null ? '' : ` after ${took}`}.`)
  }
}

function sayTheEnd({ terminal }: ServerTools, id: number, status: string, jobs: readonly JobInPipeline[]): void {
  const waiting = jobs.filter((job) => job.status === 'manual')
  terminal.say(status === 'manual' ? `Pipeline ${id} waits for a person.` : `Pipeline ${id}: ${status}.`)
  for (const job of waiting) terminal.say(`${job.name} can be started: yardmaster job play ${job.id}`)
}
