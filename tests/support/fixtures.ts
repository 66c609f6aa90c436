import { test as base, expect } from '@playwright/test'
import { Admin } from './admin.ts'
import type { Job, Project } from './api.ts'
import { freshDataDir } from './data-dir.ts'
import { compareWithDocuments } from './documented.ts'
import { FakeRunner, type RunnerOptions } from './fake-runner.ts'
import { type Environment, Gateway } from './gateway.ts'
import { send } from './http.ts'
import { notNull } from './not-null.ts'
import { openStorage, type Storage, type StorageKind } from './storage.ts'
import type { TakenJob } from './taken-job.ts'

export { expect }

interface NewJob {
  readonly name?: string
  readonly stage?: string
  readonly ref?: string
  readonly tag?: boolean
  readonly projectId?: number
  readonly variables?: readonly Record<string, unknown>[]
}

interface WorkerFixtures {
  /** Where the gateways of this run store their data; set per project. */
  storageKind: StorageKind
  /** Environment of the gateway under test, besides what the storage needs. `test.use` it once per file. */
  gatewayEnv: Environment
  storage: Storage
  gateway: Gateway
  admin: Admin
}

interface TestFixtures {
  /** A project for this test only, without instance runners, so that tests never take each other's jobs. */
  project: Project
  /** Registers a runner; by default for `project`. It is removed after the test. */
  register: (options?: RunnerOptions & { token?: string }) => Promise<FakeRunner>
  /** A runner of `project`. */
  runner: FakeRunner
  /** Creates a job, by default in `project`; resolves with its id. */
  createJob: (definition?: Record<string, unknown>, job?: NewJob) => Promise<number>
  /** A job that `runner` has taken. */
  takenJob: TakenJob
  job: (id: number) => Promise<Job>
  /** Waits until the gateway holds `count` job requests. */
  heldPolls: (count: number) => Promise<void>
  /** Starts another process, by default on the same storage with its own directory. Killed after the test. */
  startGateway: (options?: { dataDir?: string; env?: Environment }) => Promise<Gateway>
}

let projects = 0

export const test = base.extend<TestFixtures, WorkerFixtures>({
  storageKind: ['embedded', { option: true, scope: 'worker' }],
  gatewayEnv: [{}, { option: true, scope: 'worker' }],

  storage: [
    async ({ storageKind }, use) => {
      const storage = await openStorage(storageKind)
      await use(storage)
      await storage.dispose()
    },
    { scope: 'worker' },
  ],

  gateway: [
    async ({ storage, gatewayEnv }, use) => {
      const env = { LONG_POLL_SECONDS: '0', ...storage.env, ...gatewayEnv }
      const directory = await freshDataDir(env)
      const gateway = await Gateway.start(directory.path, env)
      await compareWithDocuments(gateway.url)
      await use(gateway)
      await gateway.stop()
      await directory.dispose()
    },
    { scope: 'worker', timeout: 600_000 },
  ],

  admin: [async ({ gateway }, use) => use(new Admin(gateway.url, { token: gateway.adminToken })), { scope: 'worker' }],

  project: async ({ admin }, use, { parallelIndex }) => {
    projects += 1
    const path = `test-${process.pid}-${parallelIndex}-${projects}`
    const project = await admin.mutate('projects.create', { path, instanceRunnersEnabled: false })
    await use(project)
    // This ends its jobs, so that none stays pending after the test.
    await admin.mutate('projects.remove', { id: project.id }).catch(() => undefined)
  },

  register: async ({ gateway, project }, use) => {
    const runners: FakeRunner[] = []
    await use(async ({ token = notNull(project.registrationToken), ...options } = {}) => {
      const runner = await FakeRunner.register(gateway.url, token, options)
      runners.push(runner)
      return runner
    })
    await Promise.allSettled(runners.map((runner) => runner.unregister()))
  },

  runner: async ({ register }, use) => use(await register()),

  createJob: async ({ admin, project }, use) => {
    await use(async (definition = {}, job = {}) => {
      const { id } = await admin.mutate('jobs.create', {
        projectId: project.id,
        name: 'sample',
        ...job,
        definition: { script: ['true'], ...definition },
      })
      return id
    })
  },

  takenJob: async ({ createJob, runner }, use) => {
    await createJob()
    await use(await runner.take())
  },

  job: async ({ admin }, use) => use((id) => admin.query('jobs.get', { id })),

  heldPolls: async ({ gateway }, use) => {
    await use(async (count) => {
      await expect
        .poll(async () => (await send('GET', `${gateway.url}/metrics`)).text, { intervals: [20, 50, 100] })
        .toContain(`yardmaster_held_polls ${count}\n`)
    })
  },

  startGateway: async ({ gateway, storage }, use) => {
    const started: Gateway[] = []
    const directories: (() => Promise<void>)[] = []
    await use(async ({ dataDir, env = { ...gateway.env, ...storage.env } } = {}) => {
      let path = dataDir
      if (path === undefined) {
        const directory = await freshDataDir(env)
        directories.push(directory.dispose)
        path = directory.path
      }
      const another = await Gateway.start(path, env)
      started.push(another)
      await compareWithDocuments(another.url)
      return another
    })
    await Promise.all(started.map((another) => another.kill()))
    await Promise.all(directories.map((dispose) => dispose()))
  },
})
