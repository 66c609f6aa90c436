import type { Admin } from './admin.ts'
import type { Job, Project } from './api.ts'
import { test as base, expect } from './fixtures.ts'
import { temporaryDirectory } from './gateway.ts'
import { notNull } from './not-null.ts'
import { RealRunner } from './real-runner.ts'
import { RecordingProxy } from './recording-proxy.ts'
import { isAtLeast, versionOf } from './runner-version.ts'

export { expect }

const binary = process.env.GITLAB_RUNNER_BIN

const FINISHED = ['success', 'failed', 'canceled']

interface WorkerFixtures {
  /** Returns whether the binary under test is of this release or a later one: `since('16.10')`. */
  since: (release: string) => boolean
}

interface Fixtures {
  /** An unmodified gitlab-runner, not registered yet. */
  real: RealRunner
  /** Makes another one, with its own files. */
  anotherReal: () => Promise<RealRunner>
  /** A proxy that records the requests of runners that are given its address instead of the gateway's. */
  overheard: RecordingProxy
  /** Waits until the job is over. */
  over: (id: number) => Promise<Job>
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  since: [
    async ({ storageKind: _ }, use) => {
      const version = binary ? await versionOf(binary) : ''
      await use((release) => isAtLeast(version, release))
    },
    { scope: 'worker' },
  ],
  anotherReal: async ({ storageKind: _ }, use, testInfo) => {
    testInfo.skip(!binary, 'GITLAB_RUNNER_BIN names no gitlab-runner binary')
    const made: { runner: RealRunner; dispose: () => Promise<void> }[] = []
    await use(async () => {
      const home = await temporaryDirectory()
      const runner = new RealRunner(binary ?? '', home.path)
      made.push({ runner, dispose: home.dispose })
      return runner
    })
    for (const { runner, dispose } of made) {
      await runner.stop()
      await dispose()
    }
  },
  real: async ({ anotherReal }, use) => use(await anotherReal()),
  overheard: async ({ gateway }, use) => {
    const proxy = await RecordingProxy.start(() => gateway.url)
    await use(proxy)
    await proxy.stop()
  },
  over: async ({ job }, use) => {
    await use(async (id) => {
      await expect.poll(async () => FINISHED.includes((await job(id)).status), { timeout: 180_000 }).toBe(true)
      return await job(id)
    })
  },
})

/** Removes section markers, colours and the time stamps that runners since 18.7 put before each line. */
export function plain(log: Buffer): string {
  return log
    .toString()
    .replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z [0-9a-f]{2}[EO][ +]/gm, '')
    .replaceAll(String.fromCharCode(27), '')
    .replace(/\[(?:\d+;?)*m|\[0K/g, '')
}

/**
 * Watches the log, so that the runner reports every few seconds and learns of a cancellation soon. Resolves, once the
 * gateway counts the log as watched, with a function that stops watching.
 */
export async function watch(admin: Admin, id: number): Promise<() => Promise<void>> {
  const stop = new AbortController()
  const events = admin.watchTrace(id, { signal: stop.signal })
  await events.next()
  const watching = (async () => {
    for await (const _ of events);
  })().catch(() => undefined)
  return async () => {
    stop.abort()
    await watching
  }
}

interface Serving {
  readonly concurrent?: number
  readonly outputLimitKib?: number
  readonly tagList?: string
}

/** Registers with the project's registration token and serves. */
export async function serve(
  real: RealRunner,
  url: string,
  project: Pick<Project, 'registrationToken'>,
  { concurrent = 4, outputLimitKib, tagList }: Serving = {},
): Promise<void> {
  const registered = await real.register(url, notNull(project.registrationToken), { ...(tagList && { tagList }) })
  expect(registered.code, registered.output).toBe(0)
  await real.configure({ concurrent, ...(outputLimitKib !== undefined && { outputLimitKib }) })
  real.run()
}

/** Registers with the token of a runner created in advance, and serves; resolves with the runner's id. */
export async function serveCreated(
  real: RealRunner,
  url: string,
  { admin, project }: { admin: Admin; project: Project },
): Promise<number> {
  const { id, token } = await admin.mutate('runners.create', {
    runnerType: 'project_type',
    projectId: project.id,
  })
  const registered = await real.register(url, token, { created: true })
  expect(registered.code, registered.output).toBe(0)
  await real.configure({ concurrent: 1 })
  real.run()
  return id
}
