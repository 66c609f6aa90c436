import { gunzipSync } from 'node:zlib'
import { send } from '../support/http.ts'
import { expect, plain, serve, test } from '../support/real-fixtures.ts'

/**
 * Tests the artifacts that a real runner uploads and fetches, the same on every storage.
 *
 * @param downloads.status - of a direct download, which a runner requests first.
 */
export function passArtifacts(downloads: { readonly status: 200 | 302 }): void {
  // The log has the answer to each request.
  test.use({ gatewayEnv: { LOG_LEVEL: 'debug' } })

  test('one job leaves an archive and reports, another fetches the archive and sees the variables', async ({
    real,
    anotherReal,
    gateway,
    admin,
    project,
    createJob,
    over,
  }) => {
    const other = await anotherReal()
    await serve(real, gateway.url, project, { tagList: 'build' })
    // A separate directory, so that no files are there before they are fetched.
    await serve(other, gateway.url, project, { tagList: 'use' })

    const build = await createJob({
      tags: ['build'],
      script: [
        'mkdir -p out/tmp && echo "made by $CI_JOB_NAME" > out/result.txt && echo junk > out/tmp/junk.txt',
        'head -c 3000000 /dev/urandom > out/large.bin && sha256sum out/large.bin > out/sum.txt',
        `echo '<testsuite name="one"/>' > one.xml && echo '<testsuite name="two"/>' > two.xml`,
        'echo "VERSION=1.2.3" > build.env',
      ],
      artifacts: {
        name: 'build-of-$CI_JOB_STAGE',
        paths: ['out/'],
        exclude: ['out/tmp/**/*'],
        expire_in: '1 week',
        reports: { junit: ['*.xml'], dotenv: 'build.env' },
      },
    })
    expect(await over(build), plain(await admin.log(build))).toMatchObject({ status: 'success' })
    const artifacts = await admin.query('artifacts.list', { jobId: build })
    expect(artifacts.map(({ type, format }) => [type, format]).toSorted()).toEqual([
      ['archive', 'zip'],
      ['dotenv', 'gzip'],
      ['junit', 'gzip'],
    ])
    expect(artifacts.find(({ type }) => type === 'archive')?.filename).toBe('build-of-test.zip')
    const kept = artifacts.map(({ createdAt, expireAt }) => Date.parse(expireAt ?? '') - Date.parse(createdAt))
    for (const milliseconds of kept) expect(Math.round(milliseconds / 86_400_000)).toBe(7)
    const listing = await admin.query('artifacts.browse', { jobId: build, path: 'out/' })
    expect(listing.entries.map(({ path }) => path)).not.toContain('out/tmp/junk.txt')
    expect(listing.entries.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['out/large.bin', 'out/result.txt', 'out/sum.txt']),
    )
    // One gzip member per file.
    const junit = await send('GET', `${gateway.url}/download/jobs/${build}/artifacts/junit`, {
      headers: { Authorization: `Bearer ${gateway.adminToken}` },
    })
    expect(gunzipSync(junit.body).toString()).toMatch(/one[\s\S]*two/)

    const use = await createJob({
      tags: ['use'],
      dependencies: [build],
      script: ['cat out/result.txt', 'sha256sum -c out/sum.txt', 'test ! -e out/tmp/junk.txt', 'echo "it is $VERSION"'],
    })
    const { status } = await over(use)
    const log = plain(await admin.log(use))
    expect(status, log).toBe('success')
    expect(log).toContain('made by sample')
    expect(log).toContain('out/large.bin: OK')
    expect(log).toContain('it is 1.2.3')
    const line = gateway.output
      .split('\n')
      .find((one) => one.includes(`"/api/v4/jobs/${build}/artifacts"`) && one.includes('GET'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ method: 'GET', status: downloads.status })
  })

  test('a job leaves artifacts by its outcome, as artifacts:when says', async ({
    real,
    gateway,
    admin,
    project,
    createJob,
    over,
  }) => {
    await serve(real, gateway.url, project)
    const leave = (when: string, end: string) =>
      createJob({ script: ['echo left > left.txt', end], artifacts: { when, paths: ['left.txt'] } })
    const jobs = {
      success: { on_success: await leave('on_success', 'true'), always: await leave('always', 'true') },
      failed: { on_failure: await leave('on_failure', 'exit 3'), always: await leave('always', 'exit 3') },
    }
    const nothing = [await leave('on_failure', 'true'), await leave('on_success', 'exit 3')]
    const archives = async (id: number) => (await admin.query('artifacts.list', { jobId: id })).length
    for (const [status, ids] of Object.entries(jobs)) {
      for (const id of Object.values(ids)) {
        expect((await over(id)).status, plain(await admin.log(id))).toBe(status)
        expect([id, await archives(id)]).toEqual([id, 1])
      }
    }
    for (const id of nothing) {
      await over(id)
      expect([id, await archives(id)]).toEqual([id, 0])
    }
  })

  test('untracked files are found', async ({ real, gateway, admin, project, createJob, over }) => {
    await serve(real, gateway.url, project)
    const id = await createJob({
      script: ['git init --quiet .', 'mkdir -p deep && echo left > deep/left.txt'],
      artifacts: { untracked: true },
    })
    expect((await over(id)).status, plain(await admin.log(id))).toBe('success')
    const { entries } = await admin.query('artifacts.browse', { jobId: id, path: 'deep/' })
    expect(entries.map(({ path }) => path)).toEqual(['deep/left.txt'])
  })

  test('an artifact that is too large or unreadable is reported in the job’s log', async ({
    real,
    since,
    gateway,
    admin,
    project,
    createJob,
    over,
  }) => {
    await serve(real, gateway.url, project)
    const large = await createJob({
      script: ['head -c 5500000 /dev/urandom > plan.json'],
      artifacts: { reports: { terraform: 'plan.json' } },
    })
    const wrong = await createJob({ script: ['echo "# note" > a.env'], artifacts: { reports: { dotenv: 'a.env' } } })
    expect((await over(large)).status).toBe('failed')
    expect(plain(await admin.log(large))).toMatch(/413|too large/i)
    expect((await over(wrong)).status).toBe('failed')
    // Before 14.7 a runner shows only the status.
    expect(plain(await admin.log(wrong))).toContain(since('14.7') ? 'Invalid Format' : '400 Bad Request')
  })
}
