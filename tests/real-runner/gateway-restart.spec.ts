import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Admin } from '../support/admin.ts'
import { freshDataDir } from '../support/data-dir.ts'
import { type Gateway, temporaryDirectory } from '../support/gateway.ts'
import { expect, plain, serve, test } from '../support/real-fixtures.ts'
import { RecordingProxy } from '../support/recording-proxy.ts'

const adminOf = ({ url, adminToken }: Gateway) => new Admin(url, { token: adminToken })

test('a runner survives a kill and restart of the gateway in the middle of a job', async ({ real, startGateway }) => {
  const directory = await freshDataDir({})
  const marks = await temporaryDirectory()
  const started = join(marks.path, 'started')
  const first = await startGateway({ dataDir: directory.path, env: {} })
  let { url } = first
  // The runner has only one address.
  const proxy = await RecordingProxy.start(() => url)

  const { id: projectId, registrationToken } = await adminOf(first).mutate('projects.create', {
    path: 'restarted',
  })
  const lines = (from: number, to: number) => `for line in $(seq ${from} ${to}); do echo "line $line"; sleep 1; done`
  const { id } = await adminOf(first).mutate('jobs.create', {
    projectId,
    name: 'long',
    // It still has output to send when the gateway is back.
    definition: { script: [lines(1, 6), `until test -e "${started}"; do sleep 0.2; done`, lines(7, 12)] },
  })
  await serve(real, proxy.url, { registrationToken })
  const read = (gateway: Gateway) => adminOf(gateway).query('jobs.get', { id })
  await expect.poll(async () => (await read(first)).traceSize, { timeout: 60_000 }).toBeGreaterThan(0)
  await first.kill()

  const second = await startGateway({ dataDir: directory.path, env: { LONG_POLL_SECONDS: '5' } })
  url = second.url
  await writeFile(started, '')
  await expect.poll(async () => (await read(second)).status, { timeout: 180_000 }).toBe('success')
  const log = plain(await adminOf(second).log(id))
  for (let line = 1; line <= 12; line++) expect(log.match(new RegExp(`^line ${line}$`, 'gm'))).toHaveLength(1)
  expect((await read(second)).traceInvalid).toBe(false)
  await real.stop()
  await proxy.stop()
  await second.stop()
  await directory.dispose()
  await marks.dispose()
})
