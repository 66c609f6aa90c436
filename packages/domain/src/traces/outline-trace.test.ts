import { expect, it } from 'vitest'
import { services, setUpScene } from '../testing/scene.ts'
import { sectionEnd, sectionStart, takeWriting } from '../testing/trace-scene.ts'
import { outlineTrace, type TraceOutline } from './outline-trace.ts'

setUpScene()

/** Asks again until the answer is complete: on a busy machine the first one may come before the log is indexed. */
async function outline(jobId: number): Promise<TraceOutline> {
  for (;;) {
    const answer = await outlineTrace(services, { jobId })
    if (!answer.ok) throw new Error(answer.error.kind)
    if (answer.value.totalLines !== null) return answer.value
  }
}

it('an outline lists sections and error-coloured lines of a growing log', async () => {
  const job = await takeWriting()
  await job.say(`${sectionStart('a', 100)}Prepare\nx\n\x1b[31mERROR\x1b[0m\n`)
  expect(await outline(job.id)).toMatchObject({
    ...{ totalLines: 3, complete: false, sectionCount: 1, errorLineCount: 1 },
    sections: [{ name: 'a', header: 'Prepare', startLine: 1, endLine: null }],
    errorLines: [3],
  })
  await job.say(`${sectionEnd('a', 160)}${sectionStart('b', 160)}Build\n`)
  await job.finish()
  expect(await outline(job.id)).toMatchObject({
    ...{ totalLines: 4, complete: true, sectionCount: 2, errorLineCount: 1 },
    sections: [
      { name: 'a', startLine: 1, endLine: 3, startedAt: 100, endedAt: 160 },
      { name: 'b', startLine: 4, endLine: null, endedAt: null },
    ],
    errorLines: [3],
  })
})

it('there is no outline of a job that is not there', async () => {
  expect(await outlineTrace(services, { jobId: 999_999 })).toEqual({
    ok: false,
    error: { kind: 'job_not_found', id: 999_999 },
  })
})
