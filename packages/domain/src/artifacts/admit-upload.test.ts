import { describe, expect, it } from 'vitest'
import type { Services } from '../services.ts'
import { finish, job, LARGEST, refused, services, setUpArtifactScene } from '../testing/artifact-scene.ts'
import { database, runner } from '../testing/scene.ts'
import { admitUpload } from './admit-upload.ts'

setUpArtifactScene()

describe('admitting an upload', () => {
  it('admits the runner of an executing job, and does not count as a heartbeat', async () => {
    const { db } = database
    const days = 'extract(day from now() - contacted_at)::int as days'
    await services.contacts.flush()
    await db.query("update runners set contacted_at = now() - interval '2 days' where id = $1", [runner.id])
    expect(await admitUpload(services, { ...job, type: 'archive', fileSize: LARGEST })).toMatchObject({
      ok: true,
      value: { id: job.id },
    })
    await services.contacts.flush()
    expect(await db.query(`select ${days} from runners where id = $1`, [runner.id])).toEqual([{ days: 2 }])
  })

  it('refuses in the order of the protocol', async () => {
    const off: Services = { ...services, policy: { ...services.policy, artifactsEnabled: false } }
    expect(await admitUpload(off, { ...job, token: 'x', type: 'archive' })).toEqual(refused('artifacts_disabled'))
    const tooLarge = { type: 'archive', fileSize: LARGEST + 1 }
    expect(await admitUpload(services, { ...job, token: 'x', ...tooLarge })).toEqual(refused('job_refused'))
    expect(await admitUpload(services, { ...job, token: undefined, ...tooLarge })).toEqual(refused('job_refused'))
    expect(await admitUpload(services, { ...job, ...tooLarge })).toEqual(refused('artifact_too_large'))
    await finish(job)
    expect(await admitUpload(services, { ...job, ...tooLarge })).toMatchObject(refused('job_not_executing'))
  })
})
