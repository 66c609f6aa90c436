import type { Variable } from '@yardmaster/ci-config'
import { expandAtCreation } from '@yardmaster/ci-config'
import { parsed } from '@yardmaster/ci-config/testing'
import { describe, expect, it } from 'vitest'
import type { NewPipeline } from '../ports.ts'
import type { ProjectVariable } from '../projects/project.ts'
import { sampleProject } from '../testing/sample-project.ts'
import { variablesAtCreation } from './variables-at-creation.ts'

interface Given {
  readonly job?: readonly Variable[]
  readonly project?: readonly ProjectVariable[]
  readonly pipeline?: NewPipeline['variables']
  readonly isProtected?: boolean
}

function expand(keywords: object, { job = [], project = [], pipeline = [], isProtected = false }: Given = {}) {
  const definition = { ...parsed(keywords), variables: job }
  const known = {
    taken: {
      job: {
        name: 'ship it',
        stage: 'deploy',
        ref: 'main',
        tag: false,
        sha: null,
        protected: isProtected,
        startedAt: null,
      },
      definition,
      project: sampleProject({ variables: project }),
      pipeline: { source: 'api' },
    },
    policy: { externalUrl: 'http://127.0.0.1', version: '0.0.0' },
    settings: { supplyGitlabCi: true },
    pipelineVariables: pipeline,
  }
  return expandAtCreation(definition, () => variablesAtCreation(definition, known))
}

const group = (resource_group: string, given?: Given) => {
  const result = expand({ resource_group }, given)
  return result.ok ? result.value.resourceGroup : result.error
}
const tags = (names: string[], given?: Given) => {
  const result = expand({ tags: names }, given)
  return result.ok ? result.value.tags : result.error
}
const braced = (name: string): string => `\${${name}}`
const variable = (key: string, value: string, more: Partial<Variable> = {}): Variable => ({ key, value, ...more })

describe('a resource group', () => {
  it('stays as it is without variables', () => {
    expect(group('production')).toBe('production')
  })

  it.each([
    ['$ENV', 'live'],
    [`deploy-${braced('ENV')}`, 'deploy-live'],
    ['$CI_PROJECT_PATH/$CI_COMMIT_BRANCH', 'group/project/main'],
    ['$CI_JOB_STAGE', 'deploy'],
    ['a-$UNKNOWN', 'a-'],
    ['$UNKNOWN', null],
  ])('%s becomes %s', (written, expanded) => {
    expect(group(written, { job: [variable('ENV', 'live')] })).toBe(expanded)
  })

  it('has the value of highest precedence: of the pipeline, the project, the job', () => {
    const job = [variable('ENV', 'job')]
    const project = [variable('ENV', 'project')]
    const pipeline = [variable('ENV', 'pipeline')]
    expect(group('$ENV', { job })).toBe('job')
    expect(group('$ENV', { job, project })).toBe('project')
    expect(group('$ENV', { job, project, pipeline })).toBe('pipeline')
  })

  it('uses protected variables on protected refs only', () => {
    const project = [{ ...variable('ENV', 'live'), protected: true }]
    expect(group('$ENV', { project })).toBeNull()
    expect(group('$ENV', { project, isProtected: true })).toBe('live')
  })

  it('expands the values first, except raw ones', () => {
    const job = [variable('A', '$B'), variable('B', 'b-$C'), variable('C', 'c'), variable('RAW', '$C', { raw: true })]
    expect(group('$A', { job })).toBe('b-c')
    expect(group('$RAW', { job })).toBe('$C')
  })

  it('expands a variable that mentions itself to the value of the one below', () => {
    const given = { job: [variable('ENV', 'low')], project: [variable('ENV', 'high-$ENV')] }
    expect(group('$ENV', given)).toBe('high-low')
    expect(group('$ENV', { job: [variable('ENV', 'a-$ENV')] })).toBe('a-$ENV')
  })

  it.each<[string, string, Variable[], RegExp]>([
    ['a circle', '$A', [variable('A', '$B'), variable('B', '$A')], /refers to itself/],
    ['a masked variable', '$A', [variable('A', 'secret', { masked: true })], /masked variable A/],
    ['a variable that only a running job has', 'x-$CI_JOB_ID', [], /CI_JOB_ID, which only a running job has/],
    ['the number of the pipeline', '$CI_PIPELINE_IID', [], /CI_PIPELINE_IID/],
    ['a result with other characters', '$A', [variable('A', 'a:b')], /letters, digits/],
    ['a result that is too long', '$A', [variable('A', 'a'.repeat(256))], /1 to 255/],
    [
      'values that double each other',
      '$V0',
      Array.from({ length: 40 }, (_, n) => variable(`V${n}`, n === 39 ? 'xxxxxxxx' : `$V${n + 1}$V${n + 1}`)),
      /more than 4096 characters/,
    ],
    ['a long chain', '$V0', Array.from({ length: 60 }, (_, n) => variable(`V${n}`, `$V${n + 1}`)), /chain of over 50/],
  ])('is refused for %s', (_, written, job, reason) => {
    expect(group(written, { job })).toMatchObject({
      field: 'definition.resource_group',
      reason: expect.stringMatching(reason),
    })
  })
})

describe('tags', () => {
  it('insert values unexpanded, and keep unknown names', () => {
    const job = [variable('A', '$B'), variable('B', 'b')]
    expect(tags(['$B', `x-${braced('B')}`, '$A', '$UNKNOWN', 'plain'], { job })).toEqual([
      'b',
      'x-b',
      '$B',
      '$UNKNOWN',
      'plain',
    ])
  })

  it.each<[string, Variable, RegExp]>([
    ['nothing', variable('A', ''), /./],
    ['a comma', variable('A', 'a,b'), /comma/],
    ['too much', variable('A', 'a'.repeat(256)), /255/],
    ['a secret', variable('A', 'a', { masked: true }), /masked variable A/],
  ])('that expand to %s are refused with their position', (_, one, reason) => {
    expect(tags(['plain', '$A'], { job: [one] })).toMatchObject({
      field: 'definition.tags[1]',
      reason: expect.stringMatching(reason),
    })
  })
})
