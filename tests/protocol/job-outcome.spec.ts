import { expect, test } from '../support/fixtures.ts'

test.describe('checksum and size (docs/protocol/job-update.md 4)', () => {
  for (const [log, checksum] of [
    ['', 'crc32:00000000'],
    ['abcd', 'crc32:ed82cd11'],
    ['BUILD TRACE', 'crc32:01588a60'],
    ['BUILD TRACE appended', 'crc32:4dada653'],
    ['hello world\n', 'crc32:af083b2d'],
  ] as const) {
    test(`the log ${JSON.stringify(log)} has ${checksum}`, async ({ takenJob, job }) => {
      if (log) await takenJob.say(log)
      const output = { checksum, ...(log && { bytesize: log.length }) }
      expect((await takenJob.put({ state: 'success', checksum, output })).status).toBe(200)
      const { traceChecksum, traceInvalid, traceCorrupted } = await job(takenJob.id)
      expect({ traceChecksum, traceInvalid, traceCorrupted }).toEqual({
        traceChecksum: checksum,
        traceInvalid: false,
        traceCorrupted: false,
      })
    })
  }

  for (const [what, digest, flags] of [
    ['another checksum makes it invalid', { output: { checksum: 'crc32:00000001', bytesize: 4 } }, [true, false]],
    [
      'another checksum and size make it corrupted',
      { output: { checksum: 'crc32:00000001', bytesize: 9 } },
      [true, true],
    ],
    ['another size alone has no effect', { output: { checksum: 'crc32:ed82cd11', bytesize: 9 } }, [false, false]],
    ['another checksum without a size is not corrupted', { output: { checksum: 'crc32:00000001' } }, [true, false]],
    [
      'output.checksum wins over checksum',
      { checksum: 'crc32:00000001', output: { checksum: 'crc32:ed82cd11' } },
      [false, false],
    ],
    ['the legacy field counts when it is alone', { checksum: 'crc32:00000001' }, [true, false]],
    ['a checksum without its prefix is read', { checksum: 'ed82cd11' }, [false, false]],
    ['no checksum means no comparison', {}, [false, false]],
  ] as const) {
    test(`${what}, and the answer is 200`, async ({ takenJob, job }) => {
      await takenJob.say('abcd')
      expect((await takenJob.put({ state: 'success', ...digest })).status).toBe(200)
      const { traceInvalid, traceCorrupted } = await job(takenJob.id)
      expect([traceInvalid, traceCorrupted]).toEqual(flags)
    })
  }

  test('a keep-alive ahead of the sent log is never compared', async ({ takenJob, job }) => {
    await takenJob.say('abcd')
    takenJob.write('and more that was not sent yet')
    expect((await takenJob.keepAlive()).status).toBe(200)
    await takenJob.finish('success')
    expect((await job(takenJob.id)).traceInvalid).toBe(false)
  })
})

test.describe('failure reasons and exit codes (docs/protocol/job-update.md 5)', () => {
  for (const [sent, stored] of [
    [undefined, 'unknown_failure'],
    ['', 'unknown_failure'],
    ['no such reason', 'unknown_failure'],
    ['script_failure', 'script_failure'],
    ['runner_system_failure', 'runner_system_failure'],
    ['job_execution_timeout', 'job_execution_timeout'],
    ['image_pull_failure', 'image_pull_failure'],
    ['runner_configuration_error', 'runner_configuration_error'],
    ['runner_external_dependency_failure', 'runner_external_dependency_failure'],
    ['runner_interrupted', 'runner_interrupted'],
    ['api_failure', 'api_failure'],
    ['stuck_or_timeout_failure', 'stuck_or_timeout_failure'],
    ['trace_size_exceeded', 'trace_size_exceeded'],
    ['data_integrity_failure', 'data_integrity_failure'],
  ] as const) {
    test(`the reason ${JSON.stringify(sent)} is kept as ${stored}`, async ({ takenJob, job }) => {
      expect((await takenJob.put({ state: 'failed', failure_reason: sent })).status).toBe(200)
      expect((await job(takenJob.id)).failureReason).toBe(stored)
    })
  }

  test('a reason with another state is ignored', async ({ takenJob, job }) => {
    await takenJob.put({ state: 'running', failure_reason: 'script_failure' })
    await takenJob.put({ state: 'success', failure_reason: 'script_failure' })
    expect((await job(takenJob.id)).failureReason).toBeNull()
  })

  test('every reason the payload lists is kept', async ({ takenJob, createJob, runner, job }) => {
    const { failure_reasons: reasons } = takenJob.payload.features
    expect(reasons).toEqual(
      expect.arrayContaining(['unknown_failure', 'script_failure', 'runner_system_failure', 'job_execution_timeout']),
    )
    await takenJob.put({ state: 'failed' })
    for (const reason of reasons.slice(0, 12)) {
      const id = await createJob()
      await (await runner.take()).put({ state: 'failed', failure_reason: reason })
      expect((await job(id)).failureReason).toBe(reason)
    }
  })

  for (const [sent, stored] of [
    [1, 1],
    ['42', 42],
    [32_767, 32_767],
    [32_768, 32_768],
    [-1, -1],
    [-1_073_741_819, -1_073_741_819],
    [4_294_967_295, 4_294_967_295],
    [-9_007_199_254_740_991, -9_007_199_254_740_991],
    [undefined, null],
  ] as const) {
    test(`the exit code ${JSON.stringify(sent)} is kept as ${stored}`, async ({ takenJob, job }) => {
      expect((await takenJob.put({ state: 'failed', failure_reason: 'script_failure', exit_code: sent })).status).toBe(
        200,
      )
      expect((await job(takenJob.id)).exitCode).toBe(stored)
    })
  }

  for (const [codes, sent, allowed] of [
    [[42, 137], 42, true],
    [[42, 137], 1, false],
    [[42], undefined, false],
    [[70_000], 70_000, true],
    [[32_767], 70_000, false],
    [[-1], -1, true],
    [[-1], 4_294_967_295, false],
    [[4_294_967_295, -1_073_741_819], 4_294_967_295, true],
    [[4_294_967_295, -1_073_741_819], -1_073_741_819, true],
  ] as const) {
    test(`with allow_failure.exit_codes ${JSON.stringify(codes)} the code ${sent} is ${allowed ? 'allowed' : 'not allowed'}`, async ({
      createJob,
      runner,
      job,
    }) => {
      const id = await createJob({ allow_failure: { exit_codes: codes } })
      await (await runner.take()).put({ state: 'failed', failure_reason: 'script_failure', exit_code: sent })
      expect((await job(id)).allowFailure).toBe(allowed)
    })
  }

  test('a job that is allowed to fail is so with any exit code', async ({ createJob, runner, job }) => {
    const id = await createJob({ allow_failure: true })
    await (await runner.take()).put({ state: 'failed', exit_code: 7 })
    expect((await job(id)).allowFailure).toBe(true)
  })
})

test.describe('the life of a job (docs/protocol/job-update.md 6)', () => {
  test('pending, running, success, with their times', async ({ createJob, runner, job }) => {
    const id = await createJob()
    const pending = await job(id)
    expect(pending.status).toBe('pending')
    expect(pending.queuedAt).not.toBeNull()
    expect([pending.startedAt, pending.finishedAt, pending.runnerId]).toEqual([null, null, null])

    const taken = await runner.take()
    const running = await job(id)
    expect(running.status).toBe('running')
    expect(running.startedAt).not.toBeNull()
    expect(running.runnerId).toBe(runner.id)

    await taken.say('done\n')
    expect((await taken.finish('success')).status).toBe(200)
    const over = await job(id)
    expect(over.status).toBe('success')
    expect(Date.parse(over.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(over.startedAt ?? ''))
    expect(over.traceSize).toBe(5)
  })

  test('a manual job waits for a person, and no runner gets it', async ({ createJob, runner, job }) => {
    const id = await createJob({ when: 'manual' })
    expect(await runner.tryTake()).toBeNull()
    expect((await job(id)).status).toBe('manual')
  })
})
