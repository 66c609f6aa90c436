import { expect, it } from 'vitest'
import { createPipeline } from '../pipelines/create-pipeline.ts'
import { cancel, create, createMany, find, say, services, setUpScene, take } from '../testing/scene.ts'
import { explainJob } from './explain-job.ts'

setUpScene()

/** Returns why a job was skipped: the sentence, and the names of the jobs because of which it was. */
async function skipOf(id: number) {
  await find(id)
  const explanation = await explainJob(services, id)
  if (!explanation.ok) throw new Error(explanation.error.kind)
  const { skip } = explanation.value
  return skip && [skip.detail, ...skip.jobs.map(({ name, status }) => `${name}: ${status}`)]
}

const SUCCEEDED = 'It runs when the jobs before it have succeeded. These have not:'

/** Takes a number of jobs, and ends each in the same way. */
async function endAll(number: number, state: 'failed' | 'success'): Promise<void> {
  for (let ended = 0; ended < number; ended++) await say(await take(), state)
}

it('names the jobs that a job needed and that have not succeeded', async () => {
  const [, may = 0, after = 0, last = 0] = await createMany({
    bad: {},
    may: { allow_failure: true },
    after: { needs: ['bad', 'may'] },
    last: { needs: ['after'] },
  })
  expect(await skipOf(after)).toBeNull()
  await endAll(2, 'failed')
  expect((await find(may)).status).toBe('failed')
  expect(await skipOf(after)).toEqual([SUCCEEDED, 'bad: failed'])
  expect(await skipOf(last)).toEqual([SUCCEEDED, 'after: skipped'])
})

it('names the jobs of earlier stages that failed or were canceled, but none that was skipped', async () => {
  const stages = { failing: 'build', stopped: 'build', between: 'test', later: 'deploy' }
  const made = await createPipeline(services, {
    jobs: Object.entries(stages).map(([name, stage]) => ({ name, stage, definition: { script: ['true'] } })),
  })
  const [failing = 0, canceled = 0, , later = 0] = made.ok ? made.value : []
  await cancel(canceled)
  await endAll(1, 'failed')
  expect((await find(failing)).status).toBe('failed')
  expect(await skipOf(later)).toEqual([SUCCEEDED, 'failing: failed', 'stopped: canceled'])
})

it('says that nothing failed', async () => {
  const [, rescue = 0] = await createMany({ fine: {}, rescue: { needs: ['fine'], when: 'on_failure' } })
  await endAll(1, 'success')
  expect(await skipOf(rescue)).toEqual(['It runs when a job before it fails. None did.'])
})

it('names what keeps a job from running after a failure, or always', async () => {
  const [stopped = 0, rescue = 0, clean = 0] = await createMany({
    stopped: {},
    rescue: { needs: ['stopped'], when: 'on_failure' },
    clean: { needs: ['stopped'], when: 'always' },
  })
  await cancel(stopped)
  expect(await skipOf(rescue)).toEqual([
    'It runs when a job before it fails, but not when one was canceled or skipped:',
    'stopped: canceled',
  ])
  expect(await skipOf(clean)).toEqual(['It does not run after a canceled job:', 'stopped: canceled'])
})

it('is null for a job that was not skipped', async () => {
  const id = await create()
  await endAll(1, 'failed')
  expect(await skipOf(id)).toBeNull()
})
