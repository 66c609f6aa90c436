import { describe, expect, it } from 'vitest'
import { jobsOf, pipelineOf } from './testing.ts'

describe('stages', () => {
  it('order the jobs, with .pre first and .post last', async () => {
    const text = 'z: { stage: .post, script: ls }\ny: { stage: deploy, script: ls }\nx: { stage: build, script: ls }\n'
    expect(await jobsOf(`${text}w: { stage: .pre, script: ls }`)).toBe('w(.pre) x(build) y(deploy) z(.post)')
    const listed = 'stages: [.post, two, one, .pre, two]\na: { stage: one, script: ls }\nb: { stage: two, script: ls }'
    expect(await jobsOf(listed)).toBe('b(two) a(one)')
  })

  it('at both ends make no pipeline alone', async () => {
    expect(await jobsOf('tidy: { stage: .post, script: ls }')).toMatch(/^pipeline_empty: The resulting pipeline/)
  })

  it('keep the order of appearance, parallel jobs by number', async () => {
    const text = 'stages: [s]\nb: { stage: s, script: ls, parallel: 2 }\na: { stage: s, script: ls }'
    expect(await jobsOf(text)).toBe('b 1/2(s) b 2/2(s) a(s)')
  })
})

describe('variables', () => {
  it('of the configuration are inherited by name, and rules win over the job', async () => {
    const made = await pipelineOf(
      'variables: { X: g, Y: g, Z: g }\nj:\n  variables: { Y: j }\n  inherit: { variables: [X] }\n' +
        `  rules: [{ if: '$X == "g"', variables: { W: r, Y: r } }]\n  script: ls\n`,
    )
    const [job] = made.kind === 'planned' ? made.plan.jobs : []
    expect(job?.variables.map(({ key, value }) => `${key}=${value}`)).toEqual(['X=g', 'Y=r', 'W=r'])
  })

  it('that refer to each other in a circle refuse the pipeline', async () => {
    expect(await jobsOf('variables: { A: $B, B: $A }\nj: { script: ls }')).toMatch(
      /^config_invalid: j: circular variable reference detected: \["(?:A", "B|B", "A)"\]$/,
    )
  })

  it('of a matrix stand in tags', async () => {
    const made = await pipelineOf(
      'j:\n  parallel: { matrix: [{ ARCH: [amd64, arm64], OS: linux }] }\n  tags: ["$ARCH", "$' +
        '{OS}", "$NONE"]\n  script: ls\n',
    )
    const jobs = made.kind === 'planned' ? made.plan.jobs : []
    expect(jobs.map(({ job, tags }) => [job.name, tags])).toEqual([
      ['j: [amd64, linux]', ['amd64', 'linux', '$NONE']],
      ['j: [arm64, linux]', ['arm64', 'linux', '$NONE']],
    ])
  })
})

describe('needs', () => {
  it('name jobs that are in the pipeline, unless they are optional', async () => {
    const gone = 'gone: { stage: build, script: ls, rules: [{ if: $CI_COMMIT_TAG }] }\n'
    const optional = await pipelineOf(`${gone}t: { needs: [{ job: gone, optional: true }], script: ls }`)
    expect(optional).toMatchObject({ plan: { jobs: [{ job: { name: 't' }, needs: [], schedulingType: 'dag' }] } })
    expect(await jobsOf(`${gone}t: { needs: [gone], script: ls }`)).toMatch(
      /^config_invalid: 't' job needs 'gone' job, but 'gone' does not exist in the pipeline\./,
    )
  })
})
