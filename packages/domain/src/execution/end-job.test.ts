import { describe, expect, it } from 'vitest'
import { create, createMany, find, say, services, setUpScene, statusOf, take } from '../testing/scene.ts'
import { crcOf } from '../traces/checksum.ts'
import { decodeHint, jobTopic } from '../wakeups/job-events.ts'
import { traceAppender } from './append-trace.ts'
import { cancelJob } from './cancel-job.ts'
import { endJob } from './end-job.ts'

setUpScene()

async function running(definition: object = {}, log = '') {
  await create(definition)
  const job = await take()
  await say(job, 'running')
  if (log !== '') {
    const patch = { ...job, ipAddress: null, start: 0, bytes: Buffer.from(log), debug: false }
    await traceAppender(services).append(patch)
  }
  return job
}
const checksumOf = async (text: string) => `crc32:${(await crcOf(Buffer.from(text))).toString(16).padStart(8, '0')}`

describe('the end of a job', () => {
  it.each([
    ['success', { event: 'success' }, { status: 'success', failureReason: null, exitCode: null }],
    [
      'failure',
      { event: 'drop', failureReason: 'script_failure', exitCode: 3 },
      { status: 'failed', failureReason: 'script_failure', exitCode: 3 },
    ],
    ['cancel', { event: 'cancel' }, { status: 'canceled', failureReason: null }],
  ] as const)('is its %s', async (_, ending, expected) => {
    const { id } = await running()
    expect(await endJob(services, id, ending)).toMatchObject({ id, ...expected })
    expect(await find(id)).toMatchObject({ ...expected, finishedAt: expect.any(Date) })
  })

  it('is its cancel, whatever is reported, once it is being canceled', async () => {
    for (const event of ['success', 'drop'] as const) {
      const { id } = await running()
      await cancelJob(services, { id })
      expect(await statusOf(id)).toBe('canceling')
      expect(await endJob(services, id, { event, failureReason: 'script_failure' })).toMatchObject({
        status: 'canceled',
        failureReason: null,
      })
    }
  })

  it('comes once, however many report it at the same moment', async () => {
    const { id } = await running()
    const ended = await Promise.all(
      (['success', 'drop', 'cancel', 'success', 'drop'] as const).map((event) => endJob(services, id, { event })),
    )
    const [first, ...others] = ended.filter((job) => job !== null)
    expect(others).toEqual([])
    expect((await find(id)).status).toBe(first?.status)
    expect(await endJob(services, id, { event: 'cancel' })).toBeNull()
  })

  it('does not come to a job that no runner has, or that is not there', async () => {
    const id = await create()
    expect(await endJob(services, id, { event: 'success' })).toBeNull()
    expect(await statusOf(id)).toBe('pending')
    expect(await endJob(services, 999_999, { event: 'success' })).toBeNull()
  })

  it('comes only to a silent job where that is asked for', async () => {
    const { id } = await running()
    expect(await endJob(services, id, { event: 'drop', ifSilentSince: new Date(0) })).toBeNull()
    expect(await endJob(services, id, { event: 'drop', ifSilentSince: null })).toBeNull()
    expect(await statusOf(id)).toBe('running')
    await create()
    const silent = await take()
    expect(await endJob(services, silent.id, { event: 'drop', ifSilentSince: null })).toMatchObject({
      status: 'failed',
    })
  })

  it('starts the jobs that waited for it, and retries it if it may be', async () => {
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    await take()
    await endJob(services, first, { event: 'success' })
    expect(await statusOf(second)).toBe('pending')

    await endJob(services, (await take()).id, { event: 'success' })
    const again = await running({ retry: 1 })
    await endJob(services, again.id, { event: 'drop', failureReason: 'script_failure' })
    expect((await find(again.id)).retriedBy).toEqual(expect.any(Number))
  })

  it('is announced to those who follow the job', async () => {
    const { id } = await running({}, 'hello')
    await using ofJob = await services.events.subscribe(jobTopic(id))
    await using ofList = await services.events.subscribe('jobs')
    await endJob(services, id, { event: 'success' })
    expect((await ofJob.wait(0)).hints.map(decodeHint)).toContainEqual({ from: 5, to: 5, status: 'success' })
    expect(await ofList.wait(0)).toMatchObject({ events: true })
  })
})

describe('the figures that a runner reports of its log', () => {
  const reported = async (text: string, bytesize: number | null) => ({ checksum: await checksumOf(text), bytesize })

  it('are compared with the log, and a mismatch is recorded', async () => {
    const ended = async (text: string, bytesize: number | null) => {
      const { id } = await running({}, 'hello world')
      await endJob(services, id, { event: 'success', reported: await reported(text, bytesize) })
      const { status, traceInvalid, traceCorrupted } = await find(id)
      return { status, traceInvalid, traceCorrupted }
    }
    const fine = { status: 'success', traceInvalid: false, traceCorrupted: false }
    expect(await ended('hello world', 11)).toEqual(fine)
    expect(await ended('hello', 5)).toEqual({ ...fine, traceInvalid: true, traceCorrupted: true })
    expect(await ended('hellO world', 11)).toEqual({ ...fine, traceInvalid: true })
    expect(await ended('hello', null)).toEqual({ ...fine, traceInvalid: true })
  })

  it('are not compared with a log that has no bytes, or in a form that is not known', async () => {
    const empty = await running()
    await endJob(services, empty.id, { event: 'success', reported: await reported('hello', 5) })
    expect(await find(empty.id)).toMatchObject({ traceInvalid: false })
    const { id } = await running({}, 'hello')
    await endJob(services, id, { event: 'success', reported: { checksum: 'md5:0', bytesize: 9 } })
    expect(await find(id)).toMatchObject({ traceInvalid: false, traceCorrupted: false, traceSize: 5 })
  })

  it('count all that was stored, also a patch that arrives while the job ends', async () => {
    const job = await running({}, 'hello')
    const { append } = traceAppender(services)
    let late = false
    const traces: typeof services.traces = {
      ...services.traces,
      async pieces(...args) {
        const found = await services.traces.pieces(...args)
        if (!late) {
          late = true
          await append({ ...job, ipAddress: null, start: 5, bytes: Buffer.from(' world'), debug: false })
        }
        return found
      },
    }
    await endJob({ ...services, traces }, job.id, { event: 'success', reported: await reported('hello world', 11) })
    expect(await find(job.id)).toMatchObject({ status: 'success', traceSize: 11, traceInvalid: false })
  })
})
