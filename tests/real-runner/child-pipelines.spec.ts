import { expect, plain, serve, test } from '../support/real-fixtures.ts'

const CONFIGURATION = `
stages: [prepare, children, last]
variables: { GREETING: hello }
generate:
  stage: prepare
  script:
    - mkdir gen
    - 'printf "made: { script: [echo made of an artifact for $WHO] }\\n" > gen/ci.yml'
    - echo "MADE_BY=generate" > made.env
  variables: { WHO: anyone }
  artifacts: { paths: [gen], reports: { dotenv: made.env } }
from files:
  stage: children
  variables: { PARENT: $CI_PIPELINE_ID }
  trigger:
    include: [{ local: ci/child.yml, inputs: { who: world } }]
    strategy: depend
from artifact:
  stage: children
  trigger:
    include: [{ artifact: gen/ci.yml, job: generate }]
    strategy: mirror
last:
  stage: last
  script: [echo the children are over]
`
const FILES = {
  'ci/child.yml': `spec: { inputs: { who: {} } }
---
greet:
  script: ['echo "$GREETING $[[ inputs.who ]] of $PARENT by $CI_PIPELINE_SOURCE"']
fetch:
  needs: [{ pipeline: $PARENT, job: generate }]
  script: ['echo "$(ls gen) made by $MADE_BY"']
below:
  stage: deploy
  trigger: { include: [{ local: ci/grandchild.yml }], strategy: depend }
`,
  'ci/grandchild.yml': `deep:
  script: [echo deep]
`,
}

test('a pipeline runs its children and theirs, from files and from an artifact, and waits for them', async ({
  real,
  gateway,
  admin,
  project,
}) => {
  const made = await admin.mutate('pipelines.create', { projectId: project.id, content: CONFIGURATION, files: FILES })
  const id = made.id ?? 0
  await serve(real, gateway.url, project)
  await expect
    .poll(async () => (await admin.query('pipelines.get', { id })).status, { timeout: 240_000 })
    .toBe('success')

  const jobsOf = async (pipeline: number) => (await admin.query('pipelines.jobs', { id: pipeline })).jobs
  const jobOf = async (pipeline: number, name: string) => {
    const job = (await jobsOf(pipeline)).find((one) => one.name === name)
    if (!job) throw new Error(`pipeline ${pipeline} has no job ${name}`)
    return job
  }
  const childOf = async (pipeline: number, name: string) => (await jobOf(pipeline, name)).downstreamPipelineId ?? 0
  const log = async (pipeline: number, name: string) => plain(await admin.log((await jobOf(pipeline, name)).id))

  const child = await childOf(id, 'from files')
  const grandchild = await childOf(child, 'below')
  expect(await log(child, 'greet')).toMatch(new RegExp(`^hello world of ${id} by parent_pipeline$`, 'm'))
  expect(await log(child, 'fetch')).toMatch(/^ci\.yml made by generate$/m)
  expect(await log(grandchild, 'deep')).toMatch(/^deep$/m)
  expect(await log(await childOf(id, 'from artifact'), 'made')).toMatch(/^made of an artifact for anyone$/m)

  const started = (job: { startedAt: string | null }) => Date.parse(job.startedAt ?? '')
  const ended = (job: { finishedAt: string | null }) => Date.parse(job.finishedAt ?? '')
  const last = await jobOf(id, 'last')
  expect(started(last)).toBeGreaterThanOrEqual(ended(await jobOf(grandchild, 'deep')))
})
