import { expect, plain, serve, test } from '../support/real-fixtures.ts'

const CONFIGURATION = `
stages: [build, test, deploy]
default:
  before_script: ['echo "$CI_JOB_STAGE of $CI_PIPELINE_NAME"']
workflow:
  name: Pipeline of $CI_COMMIT_REF_NAME
include: [ci/more.yml]
.script: &words
  - echo "anchored"
build:
  stage: build
  script: [*words, mkdir out, echo "made by $TOOL" > out/made.txt, echo "VERSION=1.2.3" > version.env]
  variables: { TOOL: make }
  artifacts: { paths: [out], reports: { dotenv: version.env } }
unit:
  stage: test
  parallel: { matrix: [{ SUITE: [fast, slow] }] }
  script: [cat out/made.txt, 'echo "suite $SUITE of $VERSION, $CI_NODE_INDEX of $CI_NODE_TOTAL"']
early:
  stage: test
  needs: []
  script: [echo early]
left-out:
  script: ['false']
  rules: [{ if: $CI_COMMIT_TAG }]
broken:
  stage: test
  allow_failure: { exit_codes: [3] }
  script: [exit 3]
deploy:
  stage: deploy
  needs: ['unit: [fast]', { job: build, artifacts: false }]
  environment: { name: review/$CI_COMMIT_REF_SLUG, url: 'https://$CI_ENVIRONMENT_SLUG.example' }
  script: ['echo "deploys $CI_ENVIRONMENT_NAME to $CI_ENVIRONMENT_URL"']
by-hand:
  stage: deploy
  when: manual
  allow_failure: false
  script: [echo played]
`
const MORE = `
.base: { stage: test, script: [echo base] }
included: { extends: .base, script: [!reference [.base, script], echo included] }
`

test('a whole configuration runs as it says', async ({ real, gateway, admin, project, over }) => {
  const made = await admin.mutate('pipelines.create', {
    projectId: project.id,
    ref: 'topic',
    content: CONFIGURATION,
    files: { 'ci/more.yml': MORE },
  })
  const { id } = made
  const ids = new Map(made.jobs.map((job) => [job.name, job.id ?? 0]))
  expect([...ids.keys()]).toEqual([
    ...['build', 'included', 'unit: [fast]', 'unit: [slow]', 'early', 'broken', 'deploy', 'by-hand'],
  ])
  await serve(real, gateway.url, project)
  const pipeline = () => admin.query('pipelines.get', { id: id ?? 0 })
  await expect.poll(async () => (await pipeline()).status, { timeout: 120_000 }).toBe('manual')
  await admin.mutate('jobs.play', { id: ids.get('by-hand') ?? 0 })
  await over(ids.get('by-hand') ?? 0)
  await expect
    .poll(pipeline, { timeout: 60_000 })
    .toMatchObject({ status: 'success', name: 'Pipeline of topic', hasAllowedFailures: true })

  const log = async (name: string) => plain(await admin.log(ids.get(name) ?? 0))
  expect(await log('build')).toMatch(/^build of Pipeline of topic$/m)
  expect(await log('build')).toMatch(/^anchored$/m)
  expect(await log('unit: [slow]')).toMatch(/^made by make$/m)
  expect(await log('unit: [slow]')).toMatch(/^suite slow of 1\.2\.3, 2 of 2$/m)
  expect(await log('included')).toMatch(/^base$/m)
  expect(await log('included')).toMatch(/^included$/m)
  expect(await log('deploy')).toMatch(/^deploys review\/topic to https:\/\/review-topic-\w{6}\.example$/m)
  for (const name of ['early', 'deploy']) expect(await log(name)).not.toContain('Downloading artifacts')
  expect(await log('by-hand')).toMatch(/^played$/m)
})
