import { Dict, Float, isInteger, List, type Value } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { member, OwnFaults } from './own-faults.ts'
import { checkParallel, type Parallel, parallelOf } from './parallel.ts'

/** Jobs of other pipelines that one job may need. */
const MAX_CROSS_PIPELINE = 5

/** A job of the same pipeline that another one waits for. */
export interface JobNeed {
  readonly name: string
  readonly artifacts: boolean
  readonly optional: boolean
  /** Which of its parallel jobs are meant; absent: all. */
  readonly parallel?: Parallel
}

/** A job of another pipeline of the same family, whose artifacts are fetched. */
export interface CrossPipelineNeed {
  readonly pipeline: string
  readonly job: string
  readonly artifacts: boolean
}

export interface Needs {
  readonly jobs: readonly JobNeed[]
  readonly crossPipeline: readonly CrossPipelineNeed[]
}

type Kind = 'job' | 'cross_dependency'

/** Returns the check of `needs` that may be of these kinds. */
export const checkNeeds =
  (allowed: readonly Kind[]): Check =>
  (value, at) => {
    const own = new OwnFaults(at)
    own.expect(value instanceof Dict || value instanceof List, 'config', 'can only be a Hash or an Array')
    if (value instanceof Dict && value.size === 0) own.add('config', 'can not be an empty Hash')
    if (itemsOf(value).some(hasNumberParallel)) own.add('config', 'cannot use "parallel: <number>".')
    if (own.found.length > 0) return own.found
    const items = itemsOf(value)
    const kinds = [...new Set(items.map(kindOf).filter((kind) => kind !== null))]
    const extra = kinds.filter((kind) => !allowed.includes(kind))
    own.expect(extra.length === 0, 'config', `uses invalid types: ${extra.join(', ')}`)
    const crossing = items.filter((item) => kindOf(item) === 'cross_dependency')
    own.expect(crossing.length <= MAX_CROSS_PIPELINE, 'config', `must be less than or equal to ${MAX_CROSS_PIPELINE}`)
    const inside = items.flatMap((item, index) => {
      const place = value instanceof List ? value.places[index] : undefined
      return item === null ? [] : checkNeed(item, at.item('need', index, place))
    })
    return [...own.found, ...inside]
  }

const itemsOf = (value: Value): readonly Value[] => (value instanceof List ? value.flat() : [value])

function hasNumberParallel(item: Value): boolean {
  const parallel = member(item, 'parallel')
  return parallel !== undefined && (isInteger(parallel) || parallel instanceof Float)
}

function kindOf(item: Value): Kind | null {
  if (typeof item === 'string') return 'job'
  if (!(item instanceof Dict) || !item.has('job') || item.has('project')) return null
  if (item.has('pipeline')) return 'cross_dependency'
  return item.has('ref') ? null : 'job'
}

const checkNeed: Check = (value, at) => {
  const kind = kindOf(value)
  if (kind === null) return [at.rawFault(`${at.location} has an unsupported type`)]
  const own = new OwnFaults(at)
  own.present(value)
  if (!(value instanceof Dict)) return own.found
  const keys = kind === 'job' ? ['job', 'artifacts', 'optional', 'parallel'] : ['pipeline', 'job', 'artifacts']
  own.allowedKeys(value, keys)
  for (const key of kind === 'job' ? ['job'] : ['pipeline', 'job']) {
    own.text(member(value, key), key)
    own.present(member(value, key), key)
  }
  for (const key of kind === 'job' ? ['artifacts', 'optional'] : ['artifacts']) {
    const given = member(value, key)
    if (given !== undefined) own.boolean(given, key)
  }
  if (own.found.length > 0 || kind !== 'job') return own.found
  return checkKeys(value, at, { parallel: checkParallel() })
}

/** Returns checked needs by kind. */
export function needsOf(value: Value): Needs {
  const items = itemsOf(value)
  return {
    jobs: items.filter((item) => kindOf(item) === 'job').map(jobNeed),
    crossPipeline: items.filter((item) => kindOf(item) === 'cross_dependency').map(crossPipelineNeed),
  }
}

function jobNeed(item: Value): JobNeed {
  if (!(item instanceof Dict)) return { name: String(item), artifacts: true, optional: false }
  const parallel = member(item, 'parallel')
  return {
    name: String(item.get('job')),
    artifacts: member(item, 'artifacts') !== false,
    optional: member(item, 'optional') === true,
    ...(parallel !== undefined && { parallel: parallelOf(parallel) }),
  }
}

const crossPipelineNeed = (item: Value): CrossPipelineNeed => ({
  pipeline: String(member(item, 'pipeline')),
  job: String(member(item, 'job')),
  artifacts: member(item, 'artifacts') !== false,
})
