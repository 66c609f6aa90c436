import type { JobNeed } from '../entries/needs.ts'
import type { MatrixRow, Parallel } from '../entries/parallel.ts'
import type { YamlVariable } from '../entries/variables.ts'
import { ConfigError, faultAt } from '../fault.ts'
import type { CompiledJob } from './compiled-job.ts'
import type { ReadJob } from './read-job.ts'

/** One of the jobs that a parallel job becomes. */
interface Child {
  readonly name: string
  readonly variables: readonly YamlVariable[]
}

const MATRIX_BLOCK = /\$\[\[\s*matrix\.([a-zA-Z0-9_-]+)\s*\]\]/g

/**
 * Makes the jobs that `parallel` asks for, and widens needs and dependencies on them to all of them, or to those that a
 * need's own matrix names. Of two jobs with one name, the later takes the place of the earlier.
 *
 * @throws ConfigError when a need asks for a variable that the matrix does not have.
 */
export function expandParallel(jobs: readonly ReadJob[]): CompiledJob[] {
  const children = new Map(
    jobs.flatMap((job) => (job.parallel ? [[job.name, childrenOf(job.name, job.parallel)]] : [])),
  )
  if (children.size === 0) return jobs.map((job) => ({ ...job, parallel: null, instance: null }))

  const problems = new Map<string, ReadJob>()
  const expanded = new Map<string, CompiledJob>()
  const finish = (job: ReadJob, variables: readonly YamlVariable[]): Omit<CompiledJob, 'parallel' | 'instance'> => {
    const known = new Map(variables.map(({ key, value }) => [key, value]))
    const fill = (text: string) =>
      text.replaceAll(MATRIX_BLOCK, (block, name: string) => {
        const value = known.get(name)
        if (value === undefined) problems.set(`${job.name} job: '${name}' does not exist in matrix configuration`, job)
        return value ?? block
      })
    const { parallel: _, ...rest } = job
    return {
      ...rest,
      variables,
      needs: job.needs?.flatMap((need) => widenNeed(filledNeed(need, fill), children)) ?? null,
      dependencies:
        job.dependencies?.flatMap((name) => children.get(name)?.map((child) => child.name) ?? [name]) ?? null,
    }
  }

  for (const job of jobs) {
    const { parallel } = job
    const own = children.get(job.name)
    if (!parallel || !own) {
      expanded.set(job.name, { ...finish(job, job.variables), parallel: null, instance: null })
      continue
    }
    for (const [index, child] of own.entries()) {
      expanded.set(child.name, {
        ...finish(job, mergedVariables(job.variables, child.variables)),
        name: child.name,
        parallel: { ...parallel, total: own.length },
        instance: index + 1,
      })
    }
  }
  if (problems.size > 0) {
    const [first] = problems.values()
    throw new ConfigError(
      faultAt([...problems.keys()].join(', '), { path: [first?.name ?? '', 'needs'], place: first?.place }),
    )
  }
  return [...expanded.values()]
}

function childrenOf(name: string, parallel: Parallel): Child[] {
  if ('number' in parallel) {
    const { number } = parallel
    return Array.from({ length: number }, (_, index) => ({ name: `${name} ${index + 1}/${number}`, variables: [] }))
  }
  return parallel.matrix.flatMap(combinations).map((variables) => ({
    name: `${name}: [${variables.map(({ value }) => value).join(', ')}]`,
    variables,
  }))
}

/** Returns every combination of the values in a row of a matrix; the last variable varies fastest. */
function combinations(row: MatrixRow): YamlVariable[][] {
  return row.reduce<YamlVariable[][]>(
    (made, [key, values]) => made.flatMap((combination) => values.map((value) => [...combination, { key, value }])),
    [[]],
  )
}

function mergedVariables(own: readonly YamlVariable[], matrix: readonly YamlVariable[]): YamlVariable[] {
  const merged = new Map(own.map((variable) => [variable.key, variable]))
  for (const variable of matrix) merged.set(variable.key, variable)
  return [...merged.values()]
}

function filledNeed(need: JobNeed, fill: (text: string) => string): JobNeed {
  const { parallel } = need
  if (!parallel || 'number' in parallel) return { ...need, name: fill(need.name) }
  const matrix = parallel.matrix.map((row) => row.map(([key, values]) => [key, values.map(fill)] as const))
  return { ...need, name: fill(need.name), parallel: { matrix } }
}

function widenNeed(need: JobNeed, children: ReadonlyMap<string, readonly Child[]>): JobNeed[] {
  const all = children.get(need.name)
  if (all === undefined) return [need]
  const { parallel, ...rest } = need
  const meant = parallel ? childrenOf(need.name, parallel) : all
  return meant.map(({ name }) => ({ ...rest, name }))
}
