import { expect, it } from 'vitest'
import { services, setUpScene } from '../testing/scene.ts'
import { finishedWith, sectionEnd, sectionStart, takeWriting } from '../testing/trace-scene.ts'
import { type FailureQuote, quoteFailure } from './quote-failure.ts'

setUpScene()

/** Asks again until the log is indexed. */
async function quote(jobId: number): Promise<FailureQuote['lines']> {
  for (;;) {
    const answer = await quoteFailure(services, { jobId })
    if (!answer.ok) throw new Error(answer.error.kind)
    if (answer.value.indexed) return answer.value.lines
  }
}

async function failedWith(log: string): Promise<number> {
  const job = await takeWriting()
  await job.say(log)
  await job.finish('failed')
  return job.id
}

const RUNNERS = [
  `${sectionStart('after_script', 160)}Running after_script\nbye\n${sectionEnd('after_script', 161)}`,
  `${sectionStart('upload_artifacts_on_failure', 161)}Uploading artifacts\nfound 1\n`,
  `${sectionEnd('upload_artifacts_on_failure', 162)}${sectionStart('cleanup_file_variables', 162)}Cleaning up\n`,
  `${sectionEnd('cleanup_file_variables', 163)}\x1b[31;1mERROR: Job failed: exit status 1\x1b[0;m\n`,
].join('')

it('quotes the last lines of the section that failed', async () => {
  const jobId = await failedWith(
    `${sectionStart('get_sources', 90)}Fetching\n${sectionEnd('get_sources', 100)}` +
      `${sectionStart('step_script', 100)}Running\none\ntwo\n\x1b[31mthree\x1b[0m\n\nfour\n  \n` +
      `${sectionEnd('step_script', 160)}${RUNNERS}`,
  )
  expect(await quote(jobId)).toEqual([
    { number: 4, text: 'two' },
    { number: 5, text: 'three' },
    { number: 7, text: 'four' },
  ])
})

it('quotes what stands in a section that the script left open', async () => {
  const jobId = await failedWith(
    `${sectionStart('step_script', 100)}Running\n${sectionStart('mine', 110)}Mine\nbroken\n` +
      `${sectionEnd('step_script', 160)}${RUNNERS}`,
  )
  expect(await quote(jobId)).toEqual([
    { number: 2, text: 'Mine' },
    { number: 3, text: 'broken' },
  ])
})

it('quotes what stands before the verdict of the runner when there are no sections, or the last one is open', async () => {
  const verdict = 'ERROR: Job failed: exit status 1\n'
  expect(await quote(await failedWith(`one\ntwo\n${verdict}`))).toEqual([
    { number: 1, text: 'one' },
    { number: 2, text: 'two' },
  ])
  const open = await failedWith(`${sectionStart('prepare_executor', 100)}Preparing\nno disk\n${verdict}`)
  expect(await quote(open)).toEqual([{ number: 2, text: 'no disk' }])
})

it('cuts long lines, and quotes the end of a long section', async () => {
  const long = 'ü'.repeat(2_000)
  const jobId = await failedWith(
    `${sectionStart('step_script', 100)}Running\n${'x\n'.repeat(30_000)}${long}\n${sectionEnd('step_script', 160)}${RUNNERS}`,
  )
  const lines = await quote(jobId)
  expect(lines.map(({ number }) => number)).toEqual([30_000, 30_001, 30_002])
  expect(lines[2]?.text).toBe(`${'ü'.repeat(499)}…`)
})

it('quotes nothing of an empty log, of a job that did not fail, and of one that still runs', async () => {
  expect(await quote(await failedWith(''))).toEqual([])
  expect(await quote(await finishedWith('one\n'))).toEqual([])
  const job = await takeWriting()
  await job.say('one\n')
  expect(await quote(job.id)).toEqual([])
  expect(await quoteFailure(services, { jobId: 999_999 })).toEqual({
    ok: false,
    error: { kind: 'job_not_found', id: 999_999 },
  })
})
