import type { StorageKind } from '../../support/storage.ts'
import { fillQueue } from '../fill-queue.ts'
import { CONNECTIONS, Form, type Site } from '../form.ts'
import { Load } from '../load.ts'
import { pollRequest } from '../polling.ts'
import { inTurns, median, ratio } from '../rounds.ts'
import { comparison, perSecond, type Row } from '../row.ts'

/** Jobs taken in one round. */
const ROUND_JOBS = 200
const ROUNDS = 9
const SHALLOW = 100
const DEEP = 100_000
/** A deep queue may slow a claim by at most this factor. */
const DEPTH_AIM = 1.3

interface Contender extends AsyncDisposable {
  readonly fill: (jobs: number) => Promise<void>
  /** Takes a round's jobs. Returns jobs per second. */
  readonly round: () => Promise<number>
}

/** Job requests that take a job, with few and with many pending jobs. */
export const claimJob: Row = {
  name: 'claim',
  async measure(kind) {
    await using form = await Form.open(kind)
    await using deepForm = await Form.open(kind)
    await using shallow = await claimingRunner(await form.gateway(), SHALLOW)
    await using deep = await claimingRunner(await deepForm.gateway(), DEEP)
    await using bareShallow = await bareClaims(form, SHALLOW)
    await using bareDeep = await bareClaims(deepForm, DEEP)

    const refilled =
      ({ fill, round }: Contender) =>
      async () => {
        await fill(ROUND_JOBS)
        return await round()
      }
    const figures = await inTurns(ROUNDS, {
      shallow: refilled(shallow),
      bareShallow: refilled(bareShallow),
      deep: refilled(deep),
      bareDeep: refilled(bareDeep),
    })
    const slower = ratio(figures.shallow, figures.deep)
    return [
      comparison(`claim, ${SHALLOW} pending`, { ours: figures.shallow, baseline: figures.bareShallow }, 0.5),
      comparison(
        `claim, ${DEEP.toLocaleString('en')} pending`,
        { ours: figures.deep, baseline: figures.bareDeep },
        0.5,
      ),
      {
        what: 'claim, cost of the depth',
        ours: perSecond(median(figures.deep)),
        baseline: perSecond(median(figures.shallow)),
        ratio: `${slower.toFixed(2)}×`,
        aim: `≤ ${DEPTH_AIM}×`,
        met: slower <= DEPTH_AIM,
      },
    ]
  },
}

/** Claims among a thousand projects that all wait for the same runners: fair order compares all of them. */
export const fairClaim: Row = {
  name: 'fair-claim',
  async measure(kind: StorageKind) {
    await using form = await Form.open(kind)
    await using bare = await bareClaims(form, DEEP)
    await using claiming = await claimingRunner(await form.gateway(), DEEP / 1_000, 1_000)
    const figures = await inTurns(ROUNDS, { ours: claiming.round, baseline: bare.round })
    return [comparison('claim, 1,000 projects × 100', figures, 0.5)]
  },
}

/** Claims by connections of an instance runner, with `depth` pending jobs in each project. */
async function claimingRunner(site: Site, depth: number, projects = 1): Promise<Contender> {
  const createJob = (projectId?: number) =>
    site.admin.mutate('jobs.create', {
      ...(projectId !== undefined && { projectId }),
      name: 'sample',
      definition: { script: ['true'] },
    })
  const first: number[] = []
  for (let project = 0; project < projects; project++) {
    const { id } =
      projects === 1 ? { id: undefined } : await site.admin.mutate('projects.create', { path: `project-${project}` })
    first.push((await createJob(id)).id)
  }
  await fillQueue(site, first, depth)

  const poll = pollRequest(await site.runner(), null)
  const load = await Load.open(site.url, CONNECTIONS)
  return {
    async fill(jobs) {
      let left = jobs
      const create = async () => {
        for (; left > 0; left--) await createJob()
      }
      await Promise.all(Array.from({ length: CONNECTIONS }, create))
    },
    round: () => load.run({ expected: 201, next: () => poll }, { requests: ROUND_JOBS }),
    [Symbol.asyncDispose]: () => load[Symbol.asyncDispose](),
  }
}

async function bareClaims(form: Form, depth: number): Promise<Contender> {
  const bare = await form.bare('claims')
  const fill = (jobs: number) => bare.ask<void>({ kind: 'fill', jobs })
  await fill(depth)
  return {
    fill,
    round: () => bare.ask<number>({ kind: 'claim', jobs: ROUND_JOBS, concurrency: CONNECTIONS }),
    async [Symbol.asyncDispose]() {},
  }
}
