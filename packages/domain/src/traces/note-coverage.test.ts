import { gzipSync } from 'node:zlib'
import { arrange } from '@yardmaster/db/testing'
import { describe, expect, it } from 'vitest'
import { storeArtifact } from '../artifacts/store-artifact.ts'
import { inPieces } from '../artifacts/testing.ts'
import { traceAppender } from '../execution/append-trace.ts'
import { create, createMany, database, find, type Holder, say, services, setUpScene, take } from '../testing/scene.ts'
import { sealFinishedTraces } from './seal-trace.ts'

setUpScene()

describe('the coverage of a job', () => {
  const append = async ({ id, token }: Holder, text: string) => {
    const patch = { id, token, ipAddress: null, start: 0, bytes: Buffer.from(text), debug: false }
    expect(await traceAppender(services).append(patch)).toMatchObject({ ok: true })
  }
  const coverages = async (id: number) => {
    const { coverage, pipelineId } = await find(id)
    return [coverage, (await services.pipelines.find(pipelineId))?.coverage]
  }

  it('is found in its log when it ends, and counts for its pipeline', async () => {
    const [first = 0, second = 0, third = 0] = await createMany({
      a: { coverage: '/Coverage: \\d+/' },
      b: { coverage: '/(\\d+\\.\\d+)%/', needs: [] },
      c: { needs: [] },
    })
    for (const text of ['Coverage: 80\n', 'all: 85.5%\n', 'Coverage: 10, 5%\n']) {
      const taken = await take()
      await append(taken, text)
      await say(taken, taken.id === second ? 'failed' : 'success')
      await services.background.settle()
    }
    expect(await coverages(first)).toEqual([80, 82.75])
    expect((await find(second)).coverage).toBe(85.5)
    expect((await find(third)).coverage).toBeNull()
  })

  const reportsCoverage = {
    artifacts: { reports: { coverage_report: { coverage_format: 'cobertura', path: 'c.xml' } } },
  }
  const upload = async (job: Holder, type: string, ...files: string[]) => {
    const stored = await storeArtifact(services, {
      ...job,
      filename: 'c.xml.gz',
      choice: () => ({ type, format: 'gzip', expireIn: undefined, accessibility: undefined }),
      body: inPieces(Buffer.concat(files.map((text) => gzipSync(text))), 65_536),
      signal: new AbortController().signal,
    })
    expect(stored).toEqual({ ok: true, value: 'stored' })
  }

  it('is that of its report when the log does not state it', async () => {
    await create({ ...reportsCoverage, coverage: '/(\\d+)%/' })
    const taken = await take({ upload_multiple_artifacts: true })
    await upload(
      taken,
      'cobertura',
      '<coverage line-rate="0.5" lines-valid="30"><packages/></coverage>',
      '<coverage line-rate="1" lines-valid="10"><packages/></coverage>',
    )
    await say(taken, 'success')
    expect(await coverages(taken.id)).toEqual([62.5, 62.5])
  })

  it('is that of its log when both state it', async () => {
    await create({ ...reportsCoverage, coverage: '/(\\d+)%/' })
    const taken = await take({ upload_multiple_artifacts: true })
    await upload(taken, 'cobertura', '<coverage line-rate="0.5"/>')
    await append(taken, '70%')
    await say(taken, 'success')
    expect(await coverages(taken.id)).toEqual([70, 70])
  })

  it.each([
    [
      'counts of lines',
      '<report><counter type="LINE" missed="1" covered="3"/><package><counter type="LINE" missed="9" covered="0"/></package></report>',
      75,
    ],
    ['no lines', '<report><counter type="LINE" missed="0" covered="0"/></report>', null],
    ['a broken end', '<report><counter type="LINE" missed="1" covered="1"/>', 50],
    ['something else', 'no xml', null],
  ])('is read from a JaCoCo report with %s', async (_, text, expected) => {
    await create({ artifacts: { reports: { coverage_report: { coverage_format: 'jacoco', path: 'j.xml' } } } })
    const taken = await take({ upload_multiple_artifacts: true })
    await upload(taken, 'jacoco', text)
    await say(taken, 'success')
    expect((await find(taken.id)).coverage).toBe(expected)
  })

  it('is null when the log does not state it', async () => {
    await create({ coverage: '/(\\d+)%/' })
    const taken = await take()
    await append(taken, 'no tests were run')
    await say(taken, 'success')
    expect(await coverages(taken.id)).toEqual([null, null])
  })

  it('is found by the sweep when the process died after the end of the job', async () => {
    await create({ coverage: '/(\\d+)%/' })
    const taken = await take()
    await append(taken, 'covered: 64%\n')
    await arrange(database.db, "update jobs set status = 'success', finished_at = now() where id = $1", [taken.id])
    expect(await coverages(taken.id)).toEqual([null, null])
    await sealFinishedTraces(services)
    expect(await coverages(taken.id)).toEqual([64, 64])
  })

  it('is noted by the sweep for the pipeline as well when the process died in between', async () => {
    await create({ coverage: '/(\\d+)%/' })
    const taken = await take()
    await append(taken, 'covered: 64%\n')
    await arrange(database.db, "update jobs set status = 'success', finished_at = now(), coverage = 64 where id = $1", [
      taken.id,
    ])
    await sealFinishedTraces(services)
    expect(await coverages(taken.id)).toEqual([64, 64])
  })
})
