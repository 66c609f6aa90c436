import { expect, it } from 'vitest'
import type { JobInPipeline } from '../../lib/api.ts'
import { arrange } from './arrange.ts'
import { jobNamed } from './testing.ts'

const inStage = (stageIndex: number, name: string, needs: string[] | null = null, more: Partial<JobInPipeline> = {}) =>
  jobNamed(name, { stage: `stage ${stageIndex}`, stageIndex, needs, ...more })

const columns = (jobs: readonly JobInPipeline[], by: 'stage' | 'needs') =>
  arrange(jobs, by).map(({ name, folds }) => [name, folds.map((fold) => fold.name)])

const jobs = [
  inStage(1, 'build'),
  inStage(1, 'generate', []),
  inStage(3, 'unit', ['build']),
  inStage(3, 'lint', []),
  inStage(3, 'all'),
  inStage(4, 'publish', ['unit', 'removed']),
  inStage(4, 'last'),
]

it('jobs are arranged by stage', () => {
  expect(columns(jobs, 'stage')).toEqual([
    ['stage 1', ['build', 'generate']],
    ['stage 3', ['unit', 'lint', 'all']],
    ['stage 4', ['publish', 'last']],
  ])
})

it('jobs are arranged by their needs, those without after all earlier stages', () => {
  expect(columns(jobs, 'needs')).toEqual([
    ['Step 1', ['build', 'generate', 'lint']],
    ['Step 2', ['unit', 'all']],
    ['Step 3', ['publish', 'last']],
  ])
})

it('parallel jobs stay together, in the step of the last of them', () => {
  const parallel = { index: 1, total: 2 }
  const parts = [inStage(3, 'part: [a]', [], { parallel }), inStage(3, 'part: [b]', ['build'], { parallel })]
  expect(columns([...jobs, ...parts], 'needs')[1]).toEqual(['Step 2', ['unit', 'all', 'part']])
})

it('needs in a circle end', () => {
  expect(columns([inStage(0, 'a', ['b']), inStage(0, 'b', ['a'])], 'needs').flat(2)).toContain('a')
})

it('a pipeline of 1,000 jobs, each of which needs the one before, is arranged', () => {
  const chain = Array.from({ length: 1000 }, (_, index) => inStage(index % 7, `job ${index}`, [`job ${index - 1}`]))
  expect(arrange(chain, 'needs')).toHaveLength(1000)
})
