import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { download } from '../support/archive-of-files.ts'
import { temporaryDirectory } from '../support/gateway.ts'
import { test as base, expect, watch } from '../support/real-fixtures.ts'
import { RunnerProcess } from '../support/runner-process.ts'

const binary = process.env.RUST_RUNNER_BIN

interface Fixtures {
  /** The program named by `RUST_RUNNER_BIN`, which uses the token of a runner created in advance. */
  rust: { readonly id: number; readonly process: RunnerProcess }
}

const test = base.extend<Fixtures>({
  rust: async ({ overheard, admin, project }, use) => {
    const { id, token } = await admin.mutate('runners.create', {
      runnerType: 'project_type',
      projectId: project.id,
    })
    const home = await temporaryDirectory()
    const process = new RunnerProcess(binary ?? '', [overheard.url, token, home.path], home.path)
    await use({ id, process })
    await process.stop()
    await home.dispose()
    await admin.mutate('runners.remove', { id })
  },
})

test.skip(!binary, 'RUST_RUNNER_BIN names no program built with the crate')

test('a runner built with the Rust crate sends its log, which is stored byte for byte', async ({
  rust,
  admin,
  createJob,
  over,
}) => {
  const id = await createJob({
    before_script: ['echo "Grüße 世界 🚂"'],
    script: [
      `printf '\\033[31mred\\033[0m\\r\\n'`,
      `printf '\\377\\000\\n'`,
      `head -c 3000000 /dev/zero | tr '\\0' x`,
      'echo " the end" >&2',
    ],
    after_script: ['echo "after $CI_JOB_NAME"'],
  })
  const { status, runnerId, traceSize } = await over(id)
  expect([status, runnerId], rust.process.output).toEqual(['success', rust.id])
  const expected = Buffer.concat([
    Buffer.from('Grüße 世界 🚂\n\u001b[31mred\u001b[0m\r\n'),
    Buffer.of(0xff, 0, 0x0a),
    Buffer.from(`${'x'.repeat(3_000_000)} the end\nafter sample\n`),
  ])
  const log = await admin.log(id)
  expect(log.equals(expected), log.subarray(0, 200).toString()).toBe(true)
  expect(traceSize).toBe(expected.length)
  const { managers = [] } = await admin.query('runners.get', { id: rust.id })
  expect(managers).toHaveLength(1)
})

test('a runner built with the Rust crate uploads artifacts, whose form fields come after the file', async ({
  rust,
  overheard,
  admin,
  createJob,
  over,
}) => {
  const id = await createJob({
    script: [
      'mkdir -p out && echo "made by $CI_JOB_NAME" > out/result.txt && echo junk > junk.txt',
      `echo '<testsuite name="one"/>' > one.xml`,
    ],
    artifacts: { name: 'build', paths: ['out/'], expire_in: '1 week', reports: { junit: ['one.xml'] } },
  })
  expect(await over(id), rust.process.output).toMatchObject({ status: 'success' })

  const uploads = overheard.ofJob(id).filter(({ method }) => method === 'POST')
  expect(uploads).toHaveLength(2)
  for (const { path, form, status } of uploads) {
    expect([path, status]).toEqual([`/api/v4/jobs/${id}/artifacts`, 201])
    expect(form).toEqual(['file', 'artifact_format', 'artifact_type', 'expire_in'])
  }
  const artifacts = await admin.query('artifacts.list', { jobId: id })
  expect(artifacts.map(({ type, format, filename }) => [type, format, filename]).toSorted()).toEqual([
    ['archive', 'zip', 'build.zip'],
    ['junit', 'gzip', 'junit.xml.gz'],
  ])
  for (const { createdAt, expireAt } of artifacts) {
    const kept = Date.parse(expireAt ?? '') - Date.parse(createdAt)
    expect(Math.abs(kept - 7 * 86_400_000)).toBeLessThan(60_000)
  }
  const { entries } = await admin.query('artifacts.browse', { jobId: id, path: 'out/' })
  expect(entries.map(({ path }) => path)).toEqual(['out/result.txt'])
  expect((await download(admin, id, 'files/out/result.txt')).text).toBe('made by sample\n')
  expect(gunzipSync((await download(admin, id, 'artifacts/junit')).body).toString()).toBe('<testsuite name="one"/>\n')
})

test('a job that fails under a runner built with the Rust crate ends failed, and keeps its artifacts', async ({
  rust,
  admin,
  createJob,
  over,
}) => {
  const id = await createJob({
    script: ['echo left | tee left.txt', 'exit 3', 'echo never'],
    artifacts: { when: 'on_failure', paths: ['left.txt'] },
  })
  // The crate sends neither a reason nor an exit code.
  expect(await over(id), rust.process.output).toMatchObject({
    status: 'failed',
    failureReason: 'unknown_failure',
    exitCode: null,
  })
  expect((await admin.log(id)).toString()).toBe('left\n')
  expect((await download(admin, id, 'files/left.txt')).text).toBe('left\n')
})

test('a runner built with the Rust crate learns that its job is canceled, stops it and takes the next one', async ({
  rust,
  overheard,
  admin,
  createJob,
  over,
}) => {
  const marks = await temporaryDirectory()
  const alive = join(marks.path, 'alive')
  const id = await createJob({
    script: ['echo started', `while echo "still here" | tee -a "${alive}"; do sleep 1; done`],
    after_script: [`touch "${join(marks.path, 'after')}"`],
  })
  const leave = await watch(admin, id)
  await expect.poll(async () => (await admin.log(id)).toString(), { timeout: 60_000 }).toContain('started')
  expect(await admin.mutate('jobs.cancel', { id })).toMatchObject({ status: 'canceled' })
  const next = await createJob({
    script: [
      `before=$(wc -c < "${alive}")`,
      'sleep 3',
      `test "$(wc -c < "${alive}")" = "$before"`,
      `test ! -e "${join(marks.path, 'after')}"`,
    ],
  })
  expect((await over(next)).status, rust.process.output).toBe('success')
  expect(overheard.ofJob(id).at(-1)).toMatchObject({ status: 403, jobStatus: 'canceled' })
  await leave()
  await marks.dispose()
})
