import { createHash } from 'node:crypto'
import { FaultProxy } from '../chaos/fault-proxy.ts'
import { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { expect, test } from './fixtures.ts'

test('a log is followed to the end of its job, and the exit status says how that ended', async ({
  start,
  register,
  createJob,
}) => {
  const runner = await register()
  const id = await createJob()
  const following = start(['job', 'log', '-f', String(id)])
  await expect.poll(following.stderr).toContain(`Job ${id} is pending`)
  const job = await runner.take()
  await job.say('section_start:1700000000:build\r\u001b[0K\u001b[32;1mbuilding\u001b[0;m\n')
  await expect.poll(following.stdout).toBe('building\n')
  await job.say('half a ')
  await job.say('line\u0007\n10%\r20%\rdone\nsection_end:1700000001:build\r\u001b[0K')
  await job.finish('failed', { failureReason: 'script_failure', exitCode: 1 })
  const { status, stdout, stderr } = await following.ended
  expect(stdout).toBe('building\nhalf a line\ndone\n')
  expect(stderr).toContain(`Job ${id}: failed.`)
  expect(status).toBe(3)

  const again = await start(['job', 'log', String(id)]).ended
  expect(again).toMatchObject({ status: 0, stdout, stderr: '' })
  const coloured = await start(['job', 'log', String(id)], { env: { FORCE_COLOR: '1' } }).ended
  expect(coloured.stdout).toBe('\u001b[1;32mbuilding\u001b[0m\nhalf a line\ndone\n')
  const plain = await start(['job', 'log', String(id)], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }).ended
  expect(plain.stdout).toBe(stdout)
})

test('a job that succeeds ends the log with 0, one that is canceled with 3', async ({
  yardmaster,
  register,
  createJob,
  admin,
}) => {
  const runner = await register()
  await createJob()
  const job = await runner.take()
  await job.say('fine\n')
  await job.finish('success')
  expect(await yardmaster(['job', 'log', '--follow', '--quiet', String(job.id)])).toEqual({
    status: 0,
    stdout: 'fine\n',
    stderr: '',
  })
  const id = await createJob()
  await admin.mutate('jobs.cancel', { id })
  expect((await yardmaster(['job', 'log', '-f', String(id)])).status).toBe(3)
})

test('a log is followed over restarts of the gateway, without a gap or a repeat', async ({ startGateway, start }) => {
  let gateway = await startGateway()
  const proxy = await FaultProxy.start(() => [Number(new URL(gateway.url).port)])
  const url = `http://127.0.0.1:${proxy.port}`
  const admin = new Admin(url, { token: gateway.adminToken })
  const { id } = await admin.mutate('jobs.create', { name: 'long', definition: { script: ['true'] } })
  const runner = await FakeRunner.register(url, gateway.registrationToken)
  const job = await runner.take()
  const lines = (from: number) => Array.from({ length: 500 }, (_, at) => `line ${from + at} é\n`).join('')
  const env = { YARDMASTER_URL: url, YARDMASTER_TOKEN: gateway.adminToken }
  const following = start(['job', 'log', '-f', String(id)], { env })
  /** The connection of the runner breaks too. */
  const say = async (text: string) => {
    job.write(text)
    await expect(() => job.flush()).toPass()
  }
  await say(lines(0))
  await expect.poll(following.stdout).toContain('line 499 ')
  await gateway.stop()
  gateway = await startGateway({ dataDir: gateway.dataDir, env: gateway.env })
  await say(lines(500))
  await expect.poll(following.stdout).toContain('line 999 ')
  proxy.reset()
  await say(lines(1000))
  await job.finish('success')
  const { status, stdout, stderr } = await following.ended
  expect(status, stderr).toBe(0)
  expect(stdout).toBe(lines(0) + lines(500) + lines(1000))
  expect(stderr).toContain('The connection was lost')
  await proxy.stop()
})

test('a large log is printed whole, and its bytes as they are stored', async ({ start, takenJob }) => {
  const line = `\u001b[33m${'x'.repeat(1_000)}\u001b[0m é\n`
  const block = line.repeat(900)
  for (let count = 0; count < 8; count++) await takenJob.say(block)
  await takenJob.finish('success')
  const digest = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
  const printed = await start(['job', 'log', String(takenJob.id)]).ended
  expect(printed.stdout.length).toBe(`${'x'.repeat(1_000)} é\n`.repeat(900 * 8).length)
  expect(printed.status, printed.stderr).toBe(0)
  const raw = await start(['job', 'log', '--raw', String(takenJob.id)]).ended
  expect(raw.stdout.length, `${raw.status} ${raw.stderr}`).toBe(takenJob.log.toString().length)
  expect(digest(raw.stdout)).toBe(digest(takenJob.log))
})

test('Ctrl+C ends it with 130 and leaves the job alone; a reader that has enough ends it too', async ({
  start,
  takenJob,
  job,
}) => {
  await takenJob.say('here\n')
  const following = start(['job', 'log', '-f', String(takenJob.id)])
  await expect.poll(following.stdout).toContain('here')
  following.child.kill('SIGINT')
  expect((await following.ended).status).toBe(130)
  expect((await job(takenJob.id)).status).toBe('running')

  const cut = start(['job', 'log', '-f', String(takenJob.id)])
  await expect.poll(cut.stdout).toContain('here')
  cut.child.stdout?.destroy()
  await takenJob.say('more\n')
  const { status, stderr } = await cut.ended
  expect(stderr).toBe('')
  expect(status).toBe(141)
  await takenJob.finish('success')
})

test('--raw goes with no other form', async ({ yardmaster }) => {
  expect(await yardmaster(['job', 'log', '--raw', '-f', '1'])).toMatchObject({ status: 1, stdout: '' })
})
