import { describe, expect, it } from 'vitest'
import { isCutOff } from './crashable-process.ts'
import { brokenLaws } from './laws.ts'
import { brokenLog, brokenLogs } from './logs.ts'
import { OPERATIONS, PAYLOAD_FAILED } from './operations.ts'
import { randomFrom } from './random.ts'
import { comeToRest, quietMoment } from './rest.ts'
import { openWorld } from './world.ts'

/** The number of operations, for a longer run. `LIFE_MODEL_SEED` repeats the draws of a failure. */
const GIVEN_COUNT = process.env.LIFE_MODEL_OPERATIONS
const COUNT = Number(GIVEN_COUNT ?? 2000)
/** Time limit without a given number, so that a busy machine does fewer operations. */
const MOST_MS = 40_000
const SEED = Number(process.env.LIFE_MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31))
const SERVERS = { redisUrl: process.env.TEST_REDIS_URL, s3Endpoint: process.env.TEST_S3_ENDPOINT }
const LIFE = OPERATIONS.filter(({ isLife }) => isLife)
const MOST_AT_ONCE = 8
/** How likely a quiet moment is after concurrent operations. */
const QUIET = 0.05
const QUIET_AFTER_DEATH = 0.3
const MOST_CALLS_TO_LIVE = 12
/** Calls that leave something to do, or to find out, when the process dies there. */
const DEADLY = [
  ...['claim', 'finish', 'retry', 'enqueue', 'play', 'setCreated', 'decideNoRetry', 'beginCanceling'],
  ...['releaseResource', 'releaseResource', 'nextForResource', 'nextForResource', 'setMode'],
  ...['cancelWaiting', 'dropWaiting', 'erase', 'create', 'advance', 'replace', 'seal', 'put', 'delete'],
  ...['announce', 'store', 'forget', 'expire'],
  ...['advanceTogether', 'movePieces', 'removeUnusedSegments', 'takeSmallSegments', 'takeDueSegments'],
  ...['hidePipelines', 'eraseJobs', 'deleteJobs', 'removeLogs'],
  ...['settle', 'settle', 'redundantJobs', 'toStop', 'noteStopped', 'remove'],
  ...['startTrigger', 'startTrigger', 'failTrigger', 'followChildren', 'recent'],
]

// PGlite has one connection, so nothing is concurrent there.
describe.runIf(process.env.TEST_DATABASE_URL)('the life of jobs', () => {
  it(
    'breaks no law, whatever happens concurrently and wherever processes die',
    async () => {
      const random = randomFrom(SEED)
      await using world = await openWorld(random, SERVERS)
      const done: string[] = []
      const stopAt = (broken: readonly (string | null)[]) => {
        const wrong = [...broken, ...world.violations].filter((sentence) => sentence !== null && !isIntended(sentence))
        if (wrong.length === 0) return
        expect.fail(
          `${wrong.join('\n')}\nafter ${done.length} operations (LIFE_MODEL_SEED=${SEED}), the last of them:\n${done.slice(-40).join('\n')}`,
        )
      }

      const until = performance.now() + MOST_MS
      while (done.length < COUNT && (GIVEN_COUNT !== undefined || performance.now() < until)) {
        // At times all operations are on the same few jobs.
        const closely = random.chance(0.4)
        await world.setPace(closely ? 'slow' : 'brisk')
        const jobs = await world.look(closely)
        if (random.chance(0.3)) world.process().dieAt(1 + random.below(MOST_CALLS_TO_LIVE), random.chance(0.5))
        else if (random.chance(0.4)) world.process().dieAt(1, random.chance(0.6), random.pick(DEADLY))
        const underWay = Array.from({ length: 1 + random.below(MOST_AT_ONCE) }, async () => {
          const operation = random.weighted(closely && random.chance(0.7) ? LIFE : OPERATIONS)
          const process = world.process()
          done.push(operation.name)
          try {
            await operation.run(world, process, jobs)
          } catch (error) {
            if (!isCutOff(error)) world.violations.push(`could not ${operation.name}: ${error}`)
          }
        })
        await Promise.all(underWay)
        stopAt(await brokenLaws(world))
        stopAt(await brokenLogs(world))
        if (random.chance(world.hasDeadProcess ? QUIET_AFTER_DEATH : QUIET)) stopAt(await quietMoment(world))
        await world.revive()
      }

      stopAt(await comeToRest(world))
      stopAt(await brokenLaws(world))
      stopAt(await Promise.all([...world.held.values()].map((held) => brokenLog(world, held))))
    },
    60_000 + COUNT * 50,
  )
})

const isIntended = (sentence: string): boolean => sentence.includes(PAYLOAD_FAILED)
