import type { Job, Project } from './api.ts'
import { test as base, expect } from './fixtures.ts'
import { temporaryDirectory } from './gateway.ts'
import { RealRunner } from './real-runner.ts'

export { expect }

const binary = process.env.GITLAB_RUNNER_BIN

const FINISHED = ['success', 'failed', 'canceled']

interface Fixtures {
  /** An unmodified gitlab-runner, not registered yet. */
  real: RealRunner
  /** One more, with files of its own. */
  anotherReal: () => Promise<RealRunner>
  /** Waits until the job is over. */
  over: (id: number) => Promise<Job>
}

export const test = base.extend<Fixtures>({
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
  over: async ({ job }, use) => {
    await use(async (id) => {
      await expect.poll(async () => FINISHED.includes((await job(id)).status), { timeout: 90_000 }).toBe(true)
      return await job(id)
    })
  },
})

/** Without section marks, colours and the time stamps that runners from 18.7 on put before each line. */
export function plain(log: Buffer): string {
  return log
    .toString()
    .replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z [0-9a-f]{2}[EO][ +]/gm, '')
    .replaceAll(String.fromCharCode(27), '')
    .replace(/\[(?:\d+;?)*m|\[0K/g, '')
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
  project: Project,
  { concurrent = 4, outputLimitKib, tagList }: Serving = {},
): Promise<void> {
  const registered = await real.register(url, project.registrationToken, { ...(tagList && { tagList }) })
  expect(registered.code, registered.output).toBe(0)
  await real.configure({ concurrent, ...(outputLimitKib !== undefined && { outputLimitKib }) })
  real.run()
}
