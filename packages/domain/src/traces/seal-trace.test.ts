import { arrange } from '@yardmaster/db/testing'
import { expect, it } from 'vitest'
import { traceAppender } from '../execution/append-trace.ts'
import { create, database, recordFailures, services, setUpScene, take } from '../testing/scene.ts'
import { sealFinishedTraces } from './seal-trace.ts'

setUpScene()

it('seals the logs of other jobs when one log is damaged', async () => {
  const failures: string[] = []
  const { append } = traceAppender(services)
  const taken: number[] = []
  for (const _ of [1, 2]) {
    await create()
    const { id, token } = await take()
    for (const [start, text] of [
      [0, 'one '],
      [4, 'two '],
    ] as const) {
      const patch = { id, token, ipAddress: null, start, bytes: Buffer.from(text), debug: false }
      expect(await append(patch)).toMatchObject({ ok: true })
    }
    taken.push(id)
  }
  const [damaged = 0, whole = 0] = taken
  const pieces = await services.traces.pieces(damaged, 0, 10)
  await services.objects.put(pieces?.pieces[0]?.key ?? '', Buffer.from('short'))
  await arrange(database.db, "update jobs set status = 'success', finished_at = now() where id = any ($1::int[])", [
    taken,
  ])
  await sealFinishedTraces({ ...services, background: recordFailures(failures) })
  await services.background.settle()
  expect(failures).toEqual([`seal the log of job ${damaged}`])
  expect((await services.traces.pieces(whole, 0, 10))?.pieces).toHaveLength(1)
})
