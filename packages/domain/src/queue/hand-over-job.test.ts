import { describe, expect, it } from 'vitest'
import { ask, create, createMany, database, find, jobIn, say, services, setUpScene } from '../testing/scene.ts'
import type { HandedJob } from './hand-over-job.ts'

setUpScene()

/** Takes the next job, with everything that its runner gets. */
async function handed(): Promise<HandedJob> {
  const answer = await ask()
  jobIn(answer)
  if (answer.kind !== 'job') throw new Error(answer.kind)
  return answer.handed
}
const variableOf = ({ variables }: HandedJob, key: string) => variables.findLast((one) => one.key === key)?.value

describe('a job that is handed to a runner', () => {
  it('comes with its token, its runner and its variables, references expanded', async () => {
    await create({ variables: { COLOUR: 'red', SHADE: 'light $COLOUR' } })
    const job = await handed()
    expect(job.jobToken).toMatch(/^glcbt-/)
    expect(job.manager.systemId).toBe('s_1')
    expect(job.runner.id).toBe(job.taken.job.runnerId)
    expect(variableOf(job, 'SHADE')).toBe('light red')
    expect(variableOf(job, 'CI_JOB_ID')).toBe(String(job.taken.job.id))
    expect(variableOf(job, 'CI_JOB_TOKEN')).toBe(job.jobToken)
    expect(variableOf(job, 'GITLAB_CI')).toBe(job.settings.supplyGitlabCi ? 'true' : undefined)
    expect(job.dependencies).toEqual([])
  })

  it('comes with the jobs whose artifacts it fetches, and the variables that they report', async () => {
    const [build = 0] = await createMany({ build: {}, test: { needs: ['build'] } })
    await say(jobIn(await ask()), 'success')
    await services.background.settle()
    const place = { column: 'job_reports.dotenv', row: `${build}` } as const
    const list = [{ key: 'VERSION', value: '1.2' }]
    const dotenv = database.secrets.encrypt(JSON.stringify({ version: 1, list }), place)
    await database.db.query('insert into job_reports (job_id, dotenv) values ($1, $2)', [build, dotenv])
    const job = await handed()
    expect(job.dependencies).toMatchObject([{ id: build, name: 'build', archive: null, dotenv: list }])
    expect(variableOf(job, 'VERSION')).toBe('1.2')
  })

  it.each([
    ['CI_DEBUG_TRACE', 'true', true],
    ['CI_DEBUG_TRACE', 'TRUE', true],
    ['CI_DEBUG_SERVICES', 'true', true],
    ['CI_DEBUG_TRACE', 'false', false],
    ['CI_DEBUG_TRACE', '1', false],
  ])('with %s=%s shows all variables in its log: %s', async (key, value, debugTrace) => {
    const id = await create({ variables: { [key]: value } })
    await handed()
    expect(await find(id)).toMatchObject({ debugTrace })
  })
})
