import { type PlanRequest, planPipeline } from '@yardmaster/ci-config'
import { ok } from '@yardmaster/common'
import { openTestDatabase, type TestDatabase } from '@yardmaster/db/testing'
import type { KnownFiles } from '../ports.ts'
import { openServices, type Services } from '../services.ts'
import type { Policy } from '../settings.ts'
import { filesHere } from './files-here.ts'
import { memoryEvents } from './memory-events.ts'
import { memoryObjects } from './memory-objects.ts'
import { memoryScratch } from './memory-scratch.ts'
import { noGitServer } from './no-git-server.ts'
import { noRepositories } from './no-repositories.ts'
import { steadyClock } from './steady-clock.ts'
import { TEST_POLICY } from './test-policy.ts'

export interface TestServices extends AsyncDisposable {
  readonly services: Services
  readonly database: TestDatabase
}

/**
 * Opens the services over a database of their own, with everything else in memory. A failure in the background fails
 * the test. No webhook can be sent. One per test file.
 */
export async function openTestServices(policy: Partial<Policy> = {}): Promise<TestServices> {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await openTestDatabase())
  const services = openServices(
    {
      ...database.stores,
      events: opened.use(memoryEvents()),
      scratch: opened.use(memoryScratch()),
      objects: opened.use(memoryObjects()),
      requestSender: { send: () => Promise.reject(new Error('These tests send no webhooks.')) },
      configs: {
        plan: async (request: PlanRequest, known: KnownFiles) =>
          ok(await planPipeline(request, filesHere(known, request.commit ?? null))),
      },
      repositories: noRepositories,
      gitServer: noGitServer,
      clock: steadyClock(),
    },
    { ...TEST_POLICY, ...policy },
    (name, error) => {
      throw new Error(`could not ${name}`, { cause: error })
    },
  )
  opened.defer(() => services.background.settle())
  const running = opened.move()
  return { services, database, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
