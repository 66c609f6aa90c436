import { gzipSync } from 'node:zlib'
import { arrange } from '@yardmaster/db/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { storeArtifact } from '../artifacts/store-artifact.ts'
import { inPieces } from '../artifacts/testing.ts'
import { createPipeline } from '../pipelines/create-pipeline.ts'
import { retryJob } from '../processing/retry-job.ts'
import { database, find, type Holder, say, services, setUpScene, take } from '../testing/scene.ts'
import { pipelineTests } from './pipeline-tests.ts'

setUpScene()

let ref = 0
beforeEach(() => {
  ref += 1
})

/** Creates a pipeline of the ref of this test, with jobs of these names. Returns its id. */
async function createPipelineOf(...names: string[]): Promise<number> {
  const jobs = names.map((name) => ({ name, definition: { script: ['x'] } }))
  const made = await createPipeline(services, { ref: `r${ref}`, jobs })
  if (!made.ok) throw new Error(made.error.kind)
  return (await find(made.value[0] ?? 0)).pipelineId
}

async function upload(job: Holder, bytes: Uint8Array): Promise<void> {
  const stored = await storeArtifact(services, {
    ...job,
    filename: 'junit.xml.gz',
    choice: () => ({ type: 'junit', format: 'gzip', expireIn: undefined, accessibility: undefined }),
    body: inPieces(bytes, 65_536),
    signal: new AbortController().signal,
  })
  expect(stored).toEqual({ ok: true, value: 'stored' })
}

const suite = (name: string, cases: Readonly<Record<string, string>>) =>
  `<testsuite name="${name}">${Object.entries(cases)
    .map(([test, inside]) => `<testcase name="${test}" classname="C" time="0.5">${inside}</testcase>`)
    .join('')}</testsuite>`
const FAILS = '<failure message="no"/>'
const PASSES = ''

/** Takes the next job, which uploads these suites and ends. */
async function run(...suites: string[]): Promise<Holder> {
  const job = await take()
  await upload(job, Buffer.concat(suites.map((text) => gzipSync(text))))
  await say(job, 'failed')
  await services.background.settle()
  return job
}

async function testsOf(id: number) {
  const found = await pipelineTests(services, id)
  if (!found.ok) throw new Error(found.error.kind)
  return found.value
}
const names = (tests: readonly { readonly name: string }[]) => tests.map(({ name }) => name)

describe('the tests of a pipeline', () => {
  it('are those of all its jobs, by suite', async () => {
    const id = await createPipelineOf('unit', 'e2e')
    const unit = await run(suite('a', { x: PASSES, y: FAILS }), suite('b', { z: '<skipped/>' }))
    const e2e = await run('<testsuite><testcase name="w"/></testsuite>')
    const expected = (name: string, status: string, output: string | null = null) => ({
      ...{ name, classname: 'C', status, seconds: 0.5, output, flaky: false },
    })
    expect(await testsOf(id)).toEqual({
      ...{ total: 4, failed: 1, skipped: 1, seconds: 1.5, flaky: [], newlyFailed: [], comparedWith: null, notes: [] },
      truncated: false,
      suites: [
        {
          ...{ name: 'a', jobId: unit.id, jobName: 'unit', total: 2, failed: 1, skipped: 0, seconds: 1 },
          cases: [expected('y', 'failed', 'no'), expected('x', 'success')],
        },
        {
          ...{ name: 'b', jobId: unit.id, jobName: 'unit', total: 1, failed: 0, skipped: 1, seconds: 0.5 },
          cases: [expected('z', 'skipped')],
        },
        {
          ...{ name: 'e2e', jobId: e2e.id, jobName: 'e2e', total: 1, failed: 0, skipped: 0, seconds: 0 },
          cases: [{ ...expected('w', 'success'), classname: null, seconds: null }],
        },
      ],
    })
  })

  it('are none without reports, and none of an unknown or removed pipeline', async () => {
    const id = await createPipelineOf('unit')
    expect(await testsOf(id)).toMatchObject({ total: 0, suites: [], comparedWith: null, notes: [] })
    expect(await pipelineTests(services, 999_999)).toMatchObject({ error: { kind: 'pipeline_not_found' } })
    const { id: job } = await run(suite('a', { x: PASSES }))
    expect(await services.pipelines.remove(id)).toEqual([job])
    expect(await pipelineTests(services, id)).toMatchObject({ error: { kind: 'pipeline_not_found' } })
  })

  it('are flaky when they failed in an earlier attempt of their job and succeed in the newest', async () => {
    const id = await createPipelineOf('unit')
    const first = await run(suite('a', { x: FAILS, y: FAILS, z: PASSES }))
    expect((await testsOf(id)).flaky).toEqual([])
    expect((await retryJob(services, first.id)).ok).toBe(true)
    const second = await run(suite('a', { x: PASSES, y: FAILS, z: PASSES }))
    const { flaky, total, suites } = await testsOf(id)
    expect(flaky).toEqual([{ jobId: second.id, suite: 'a', classname: 'C', name: 'x' }])
    expect(total).toBe(3)
    expect(suites.map(({ jobId }) => jobId)).toEqual([second.id])
  })

  it('have newly failed when they did not fail in the previous pipeline of the ref with tests', async () => {
    const first = await createPipelineOf('unit')
    await run(suite('a', { x: FAILS, y: PASSES }))
    await createPipelineOf('unit')
    await say(await take(), 'success')
    const last = await createPipelineOf('unit')
    await run(suite('a', { x: FAILS, y: FAILS, new: FAILS, z: PASSES }))
    const { newlyFailed, comparedWith } = await testsOf(last)
    expect(names(newlyFailed)).toEqual(['y', 'new'])
    expect(comparedWith).toBe(first)
    ref += 1
    const other = await createPipelineOf('unit')
    await run(suite('a', { x: FAILS }))
    expect(await testsOf(other)).toMatchObject({ newlyFailed: [], comparedWith: null })
  })

  it('have notes about broken and expired reports', async () => {
    const id = await createPipelineOf('unit', 'e2e')
    const unit = await run('<testsuite><testcase name="x"/>')
    const e2e = await run(suite('a', { x: PASSES }))
    await arrange(database.db, "update artifacts set expire_at = now() - interval '1 day' where job_id = $1", [e2e.id])
    const { notes, total } = await testsOf(id)
    expect(notes).toEqual([
      {
        jobId: unit.id,
        message: expect.stringMatching(/^File 1 of the report is broken: line 1: Unclosed root tag\.$/),
      },
      { jobId: e2e.id, message: 'The report has expired or was deleted.' },
    ])
    expect(total).toBe(1)
  })

  it('are listed only as far as an answer may be long: those that failed first', async () => {
    const id = await createPipelineOf('unit', 'e2e')
    const many = '<testcase name="a"/>'.repeat(9_000)
    await run(`<testsuite name="s">${many}</testsuite>`)
    const output = 'x'.repeat(16_000)
    await run(
      `<testsuite name="s">${many}${`<testcase name="b"><failure>${output}</failure></testcase>`.repeat(100)}</testsuite>`,
    )
    const { total, failed, suites, truncated } = await testsOf(id)
    const cases = suites.flatMap((listed) => listed.cases)
    expect({ total, failed, truncated }).toEqual({ total: 18_100, failed: 100, truncated: true })
    expect(cases).toHaveLength(6_000)
    expect(names(cases).filter((name) => name === 'b')).toHaveLength(100)
    expect(cases.filter((test) => test.output !== null)).toHaveLength(32)
    expect(suites.map((listed) => listed.total)).toEqual([9_000, 9_100])
  })
})

describe('the listing of a report', () => {
  const artifact = (id: number) => services.artifacts.find(id, 'junit')

  it('is stored beside it and deleted with it', async () => {
    await createPipelineOf('unit')
    const { id } = await run(suite('a', { x: PASSES }))
    const stored = await artifact(id)
    expect(stored).toMatchObject({ listingKey: `${stored?.key}-tests.gz`, browsable: false })
    await services.artifacts.removeAll(id)
    const strays = await services.artifacts.strays(new Date(Date.now() + 1000), 1_000)
    expect(strays).toEqual(expect.arrayContaining([stored?.key, stored?.listingKey]))
  })

  it.each([
    ['an earlier release stored none', async () => arrange(database.db, 'update artifacts set listing_key = null', [])],
    ['it is of another version', () => replaceListings(gzipSync('{"version":99,"total":7}\n'))],
    ['it is damaged', () => replaceListings(Buffer.from('?'))],
    ['it is gone', async () => services.objects.delete(await listings())],
  ])('is not needed when %s: the report itself is read', async (_, change) => {
    const id = await createPipelineOf('unit')
    await run(suite('a', { x: FAILS, y: PASSES }))
    const before = await testsOf(id)
    await change()
    expect(await testsOf(id)).toEqual(before)
    expect(before.total).toBe(2)
  })

  const listings = async () =>
    (await Array.fromAsync(services.objects.list('artifacts/')))
      .map(({ key }) => key)
      .filter((key) => /tests/.test(key))
  async function replaceListings(bytes: Uint8Array): Promise<void> {
    for (const key of await listings()) await services.objects.put(key, bytes)
  }
})
