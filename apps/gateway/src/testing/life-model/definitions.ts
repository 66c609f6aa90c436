import type { JobRequest, NewConfigPipeline, PipelineRequest } from '@yardmaster/domain/pipelines'
import type { Random } from './random.ts'
import type { World } from './world.ts'

const TAGS = [[], [], [], ['a'], ['b'], ['a', 'b']]
export const RESOURCES = ['stage', 'production']
/**
 * Only trigger jobs at the top of a family have it, and no mode orders them. A trigger job that waited for its child with a resource that a job
 * of some child waits for would wait for ever.
 */
const RESOURCE_OF_FAMILIES = 'families'
const RETRIES = [0, 0, 1, 2, { max: 2, when: ['script_failure'] }]

const some = <T>(random: Random, probability: number, value: () => T): T | undefined =>
  random.chance(probability) ? value() : undefined

/** Draws keywords that affect the life of a job. */
function keywords(random: Random): Record<string, unknown> {
  const when = random.pick(['on_success', 'on_success', 'on_success', 'on_success', 'manual', 'always', 'delayed'])
  const all = {
    script: ['make'],
    tags: random.pick(TAGS),
    when,
    start_in: when === 'delayed' ? '1 second' : undefined,
    retry: random.pick(RETRIES),
    resource_group: some(random, 0.35, () => random.pick(RESOURCES)),
    allow_failure: some(random, 0.2, () => random.pick([true, { exit_codes: [3] }])),
    artifacts: some(random, 0.2, () => ({ paths: ['out'], expire_in: '1 second' })),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

export function someJob({ random, projects }: World): JobRequest {
  return { projectId: random.pick(projects), name: 'alone', definition: keywords(random) }
}

/** Draws a pipeline of up to three stages, in which some jobs name the jobs they need. */
export function somePipeline({ random, projects }: World): PipelineRequest {
  const names = Array.from({ length: 2 + random.below(5) }, (_, index) => `job ${index}`)
  const jobs = names.map((name, index) => {
    const needs = some(random, 0.35, () => names.slice(0, index).filter(() => random.chance(0.5)))
    const failing = index > 0 && random.chance(0.15) ? { when: 'on_failure', start_in: undefined } : {}
    const definition = { ...keywords(random), ...failing, ...(needs && { needs }) }
    return {
      name,
      stage: `stage ${Math.floor((index * 3) / names.length)}`,
      definition: Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== undefined)),
    }
  })
  return { projectId: random.pick(projects), jobs }
}

const REFS = ['main', 'main', 'topic']
const COMMITS = ['1', '2'].map((digit) => digit.repeat(40))
const STAGES = ['build', 'test', 'deploy']

const STRATEGIES = [undefined, 'depend', 'depend', 'mirror']

/** Draws a job that starts a child pipeline from `child.yml`, or in that, a grandchild from another file. */
const trigger = (random: Random, file: string) => ({
  trigger: { include: [{ local: file }], strategy: random.pick(STRATEGIES) },
  when: random.pick(['on_success', 'on_success', 'on_success', 'manual', 'always', 'on_failure']),
  allow_failure: some(random, 0.2, () => true),
  resource_group: file === 'child.yml' ? some(random, 0.2, () => RESOURCE_OF_FAMILIES) : undefined,
})

/** Draws the stages and jobs of a configuration; some of the jobs start a child pipeline from a file. */
function jobsOf(random: Random, most: number, child?: string): Record<string, unknown> {
  const names = Array.from({ length: 2 + random.below(most - 1) }, (_, index) => `job ${index}`)
  const jobs = names.map((name, index) => {
    const needs = some(random, 0.35, () => names.slice(0, index).filter(() => random.chance(0.5)))
    const stage = STAGES[Math.floor((index * STAGES.length) / names.length)]
    const where = { stage, interruptible: random.chance(0.5), needs }
    if (child !== undefined && random.chance(0.3)) return [name, { ...where, ...trigger(random, child) }]
    const failing = index > 0 && random.chance(0.15) ? { when: 'on_failure', start_in: undefined } : {}
    return [name, { ...where, parallel: some(random, 0.1, () => 2), ...keywords(random), ...failing }]
  })
  return { stages: STAGES, ...Object.fromEntries(jobs) }
}

/**
 * Draws a configuration whose pipeline may be canceled because of a newer one or of a failed job, and may have children
 * and grandchildren. JSON is YAML as well.
 */
export function someConfiguration({ random, projects }: World): NewConfigPipeline {
  const autoCancel = {
    on_new_commit: random.pick(['conservative', 'interruptible', 'none']),
    on_job_failure: random.pick(['none', 'none', 'all']),
  }
  const hasChildren = random.chance(0.5)
  const child = jobsOf(random, 3, random.chance(0.3) ? 'grandchild.yml' : undefined)
  return {
    projectId: random.pick(projects),
    content: JSON.stringify({
      workflow: { auto_cancel: autoCancel },
      ...jobsOf(random, 6, hasChildren ? 'child.yml' : undefined),
    }),
    // The grandchild has no children: its own would be one level too deep.
    files: { 'child.yml': JSON.stringify(child), 'grandchild.yml': JSON.stringify(jobsOf(random, 2)) },
    ref: random.pick(REFS),
    sha: random.pick(COMMITS),
    createdBy: null,
  }
}
