import { expect, it } from 'vitest'
import { ask, database, HOUR, runner, services, setUpScene } from '../testing/scene.ts'
import { sleepingClock } from '../testing/sleeping-clock.ts'
import { digestOf } from '../tokens.ts'
import { queueValueKey } from './queue-value.ts'
import { tickForJob } from './tick-for-job.ts'

setUpScene()

const queueValue = () => services.scratch.get(queueValueKey(digestOf(runner.token)))

it('wakes a runner for new work if it was in contact just before the machine slept', async () => {
  const clocks = sleepingClock()
  await ask()
  await services.contacts.flush()
  await ask()
  expect(await queueValue()).not.toBeNull()
  clocks.ahead.wallMs += 48 * HOUR * 1_000
  // For this process the contact was two days ago.
  await database.db.script("update runners set contacted_at = contacted_at + interval '24 hours'")
  await tickForJob({ ...services, clock: clocks.clock }, { projectId: 1, tags: [], protected: false })
  expect(await queueValue()).toBeNull()
})
