import type { JobNeed } from '../entries/needs.ts'
import { MAX_NAME } from '../entries/processable.ts'
import { ConfigError, faultAt } from '../fault.ts'
import type { Json } from '../yaml/tree.ts'
import type { CompiledJob } from './compiled-job.ts'

/**
 * Checks the references between jobs: stages, dependencies, needs, jobs that stop an environment, and circles of needs.
 *
 * @throws ConfigError with the first fault, in the order of the jobs.
 */
export function crossCheck(jobs: readonly CompiledJob[], stages: readonly string[]): void {
  const checks = new CrossChecks(jobs, stages)
  for (const job of jobs) checks.check(job)
  refuseCircles(jobs)
}

class CrossChecks {
  readonly #jobs: ReadonlyMap<string, CompiledJob>
  readonly #stages: readonly string[]

  constructor(jobs: readonly CompiledJob[], stages: readonly string[]) {
    this.#jobs = new Map(jobs.map((job) => [job.name, job]))
    this.#stages = stages
  }

  check(job: CompiledJob): void {
    if (!this.#stages.includes(job.stage)) {
      const available = `available stages are ${this.#stages.join(', ')}`
      refuse(job, 'stage', `${job.name} job: chosen stage ${job.stage} does not exist; ${available}`)
    }
    for (const name of job.dependencies ?? []) this.#earlier(job, name, 'dependency')
    this.#needs(job, job.needs ?? [])
    for (const rule of job.rules ?? []) this.#needs(job, rule.needs ?? [])
    for (const name of jobsOfIncludes(job.keywords.trigger)) this.#earlier(job, name, 'dependency')
    this.#environment(job)
    const { pages, publish } = job.keywords
    if (publish !== undefined && isMap(pages) && 'publish' in pages) {
      refuse(job, 'publish', `${job.name} job: use either ${job.name}:publish or ${job.name}:pages:publish`)
    }
  }

  #needs(job: CompiledJob, needs: readonly JobNeed[]): void {
    for (const need of needs) this.#earlier(job, need.name, 'need', need.optional)
    const names = needs.map(({ name }) => name)
    const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
    if (twice.length > 0) {
      refuse(job, 'needs', `${job.name} has the following needs duplicated: ${twice.join(', ')}.`)
    }
  }

  #earlier(job: CompiledJob, name: string, kind: 'dependency' | 'need', optional = false): void {
    const other = this.#jobs.get(name)
    const keyword = kind === 'need' ? 'needs' : 'dependencies'
    if (other === undefined) {
      if (!optional) refuse(job, keyword, `${job.name} job: undefined ${kind}: ${name}`)
      return
    }
    if (kind === 'need' && [...name].length > MAX_NAME) {
      const problem = `need \`${name}\` name is too long (maximum is ${MAX_NAME} characters)`
      refuse(job, keyword, `${job.name} job: ${problem}`)
    }
    if (
      !(this.#stages.indexOf(other.stage) <= this.#stages.indexOf(job.stage)) ||
      !this.#stages.includes(other.stage)
    ) {
      refuse(job, keyword, `${job.name} job: ${kind} ${name} is not defined in current or prior stages`)
    }
  }

  #environment(job: CompiledJob): void {
    const name = job.environment?.on_stop
    if (typeof name !== 'string') return
    const stopping = this.#jobs.get(name)
    const problem = stopProblem(job, stopping)
    if (problem) refuse(job, 'environment', `${job.name} job: on_stop job ${name} ${problem}`)
  }
}

function stopProblem(job: CompiledJob, stopping: CompiledJob | undefined): string | null {
  if (stopping === undefined) return 'is not defined'
  if (stopping.environment === null) return 'does not have environment defined'
  if (stopping.environment.name !== job.environment?.name) return 'have different environment name'
  return stopping.environment.action === 'stop' ? null : 'needs to have action stop defined'
}

function refuse(job: CompiledJob, keyword: string, message: string): never {
  throw new ConfigError(faultAt(message, { path: [job.name, keyword], place: job.place }))
}

const isMap = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The jobs whose artifacts hold the configuration of a child pipeline. */
function jobsOfIncludes(trigger: Json | undefined): string[] {
  const include = isMap(trigger) ? trigger.include : undefined
  const includes = Array.isArray(include) ? include : []
  return includes.flatMap((item) => (isMap(item) && typeof item.job === 'string' ? [item.job] : []))
}

/** Refuses jobs that wait for themselves, directly or by way of others. */
function refuseCircles(jobs: readonly CompiledJob[]): void {
  const needs = new Map(jobs.map((job) => [job.name, (job.needs ?? []).map(({ name }) => name)]))
  const done = new Set<string>()
  for (const job of jobs) {
    const circle = circleFrom(job.name, needs, done)
    if (circle === null) continue
    const what =
      circle.length === 1 ? `self-dependency: ${circle[0]}` : `topological sort failed: ${JSON.stringify(circle)}`
    const message = `The pipeline has circular dependencies: ${what.replaceAll('","', '", "')}`
    throw new ConfigError(faultAt(message, { path: [job.name, 'needs'], place: job.place }))
  }
}

/** Returns the names along a circle that is reached from a job, or null. Works without recursion: chains can be long. */
function circleFrom(start: string, needs: ReadonlyMap<string, readonly string[]>, done: Set<string>): string[] | null {
  const path: { name: string; rest: string[] }[] = []
  const onPath = new Set<string>()
  const enter = (name: string) => {
    path.push({ name, rest: [...(needs.get(name) ?? [])] })
    onPath.add(name)
  }
  if (!done.has(start)) enter(start)
  while (path.length > 0) {
    const top = path.at(-1) as (typeof path)[number]
    if (top.rest.includes(top.name)) return [top.name]
    const next = top.rest.shift()
    if (next === undefined) {
      done.add(top.name)
      onPath.delete(top.name)
      path.pop()
    } else if (onPath.has(next)) {
      return path.slice(path.findIndex(({ name }) => name === next)).map(({ name }) => name)
    } else if (!done.has(next)) {
      enter(next)
    }
  }
  return null
}
