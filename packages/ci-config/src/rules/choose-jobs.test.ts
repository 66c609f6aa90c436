import { describe, expect, it } from 'vitest'
import { jobsOf, pipelineOf } from '../testing.ts'

describe('rules', () => {
  it('let jobs in by conditions', async () => {
    const text =
      'a: { script: ls, rules: [{ if: $CI_COMMIT_TAG }] }\n' +
      'b: { script: ls, rules: [{ if: $CI_COMMIT_BRANCH, when: never }, { when: always }] }\n' +
      "c: { script: ls, rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }] }\n"
    expect(await jobsOf(text)).toBe('c(test)')
  })

  it('let jobs in by changed paths, all of them where those are not known', async () => {
    const text =
      'a: { script: ls, rules: [{ changes: [src/*.ts] }] }\nb: { script: ls, rules: [{ changes: [notes/**] }] }\n' +
      'c: { script: ls, rules: [{ changes: ["notes/**/*.{md,txt}"] }] }\n'
    expect(await jobsOf(text)).toBe('a(test) c(test)')
    expect(await jobsOf(text, { facts: { changedPaths: null } })).toBe('a(test) b(test) c(test)')
    expect(await jobsOf(text, { facts: { changedPaths: [] } })).toMatch(/^pipeline_empty/)
  })

  it('let jobs in by files, and need to know them', async () => {
    const text =
      'a: { script: ls, rules: [{ exists: [Dockerfile] }] }\nb: { script: ls, rules: [{ exists: [notes/] }] }\n' +
      'c: { script: ls, rules: [{ exists: ["**/go.mod"] }] }\nd: { script: ls, rules: [{ exists: ["*.mod", nope/] }] }\n'
    expect(await jobsOf(text)).toBe('a(test) b(test) c(test)')
    expect(await jobsOf(text, { facts: { files: null } })).toMatch(/^config_invalid: Failed to parse rule for a/)
  })

  it('make a manual job that blocks, where the keyword makes one that does not', async () => {
    const text = 'gate: { script: ls, rules: [{ when: manual }] }\nfree: { script: ls, when: manual }'
    const made = await pipelineOf(text)
    const jobs = made.kind === 'planned' ? made.plan.jobs : []
    expect(jobs.map(({ job, when, allowFailure }) => [job.name, when, allowFailure])).toEqual([
      ['gate', 'manual', false],
      ['free', 'manual', true],
    ])
  })

  it('replace needs', async () => {
    const made = await pipelineOf(
      `dev: { stage: build, script: ls, rules: [{ if: '$CI_COMMIT_BRANCH != "main"' }] }\n` +
        `prod: { stage: build, script: ls, rules: [{ if: '$CI_COMMIT_BRANCH == "main"' }] }\n` +
        `t:\n  script: ls\n  rules: [{ if: '$CI_COMMIT_BRANCH == "main"', needs: [prod] }, { needs: [dev], when: always }]\n`,
    )
    const jobs = made.kind === 'planned' ? made.plan.jobs : []
    expect(jobs.map(({ job, needs }) => [job.name, needs?.map(({ name }) => name) ?? null])).toEqual([
      ['prod', null],
      ['t', ['prod']],
    ])
  })

  it('of the workflow refuse pipelines, and set variables for all jobs', async () => {
    const refused = await jobsOf('workflow: { rules: [{ if: $CI_COMMIT_TAG }] }\nj: { script: ls }')
    expect(refused).toMatch(/^pipeline_filtered: The pipeline did not run/)
    const made = await pipelineOf(
      'variables: { KIND: plain }\nworkflow:\n  name: "$KIND of $CI_COMMIT_BRANCH $NOPE"\n' +
        `  rules: [{ if: '$CI_COMMIT_BRANCH == "main"', variables: { KIND: main build } }]\n` +
        `j: { script: ls, rules: [{ if: '$KIND == "main build"' }] }\n`,
    )
    expect(made).toMatchObject({
      kind: 'planned',
      plan: { name: 'main build of main', jobs: [{ job: { name: 'j' } }] },
    })
  })
})
