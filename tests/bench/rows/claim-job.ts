import { bareQueue, gatewayQueue, type Queue, refilled } from '../claiming.ts'
import { Form } from '../form.ts'
import { rate } from '../load.ts'
import { type Contender, inTurns, median, ratio } from '../rounds.ts'
import { comparison, perSecond, type Row } from '../row.ts'

/** Jobs taken in one round. */
const ROUND_JOBS = 256
const ROUNDS = 7
const FEW = 16
const MANY = 64
const SHALLOW = 100
const DEEP = 100_000
const PROJECTS = 1_000
/** A deep queue may slow a claim by at most this factor. */
const DEPTH_AIM = 1.3
const AIMS = { embedded: { few: 0.5, many: 0.7 }, production: { few: 0.6, many: 1 } }
const FAIR_AIMS = { embedded: { few: 0.3, many: 0.3 }, production: { few: 0.4, many: 0.8 } }

/** Job requests that take a job, with few and with many pending jobs. */
export const claimJob: Row = {
  name: 'claim',
  async measure(kind) {
    await using form = await Form.open(kind)
    await using deepForm = await Form.open(kind)
    const queue = await gatewayQueue(await form.gateway(), { depth: SHALLOW })
    const deep = await gatewayQueue(await deepForm.gateway(), { depth: DEEP })
    const bare = await bareQueue(form, SHALLOW)

    const rounds = await inTurns(ROUNDS, {
      few: refilled(queue, ROUND_JOBS, FEW),
      bareFew: refilled(bare, ROUND_JOBS, FEW),
      many: refilled(queue, ROUND_JOBS, MANY),
      bareMany: refilled(bare, ROUND_JOBS, MANY),
      deep: taking(deep, ROUND_JOBS, FEW),
    })
    const slower = ratio(rounds.few, rounds.deep)
    return [
      comparison(`claim, ${FEW} connections`, { ours: rounds.few, baseline: rounds.bareFew }, AIMS[kind].few),
      comparison(`claim, ${MANY} connections`, { ours: rounds.many, baseline: rounds.bareMany }, AIMS[kind].many),
      {
        what: `claim, ${DEEP.toLocaleString('en')} pending instead of ${SHALLOW}`,
        ours: perSecond(median(rounds.deep.figures)),
        baseline: perSecond(median(rounds.few.figures)),
        ratio: `${slower.toFixed(2)}×`,
        aim: `≤ ${DEPTH_AIM}×`,
        met: slower <= DEPTH_AIM,
        cpu: rounds.deep.cpu,
        baselineCpu: rounds.few.cpu,
      },
    ]
  },
}

/** Claims among a thousand projects that all wait for the same runners: fair order compares all of them. */
export const fairClaim: Row = {
  name: 'fair-claim',
  async measure(kind) {
    await using form = await Form.open(kind)
    const bare = await bareQueue(form, DEEP)
    const queue = await gatewayQueue(await form.gateway(), { depth: DEEP / PROJECTS, projects: PROJECTS })
    const rounds = await inTurns(ROUNDS, {
      few: taking(queue, ROUND_JOBS / 2, FEW),
      bareFew: taking(bare, ROUND_JOBS / 2, FEW),
      many: taking(queue, ROUND_JOBS / 2, MANY),
      bareMany: taking(bare, ROUND_JOBS / 2, MANY),
    })
    const aims = FAIR_AIMS[kind]
    return [
      comparison(`fair claim, ${FEW} connections`, { ours: rounds.few, baseline: rounds.bareFew }, aims.few),
      comparison(`fair claim, ${MANY} connections`, { ours: rounds.many, baseline: rounds.bareMany }, aims.many),
    ]
  },
}

/** Returns a contender that takes jobs from a queue deep enough for all rounds. */
const taking = (queue: Queue, jobs: number, concurrency: number): Contender => ({
  processes: queue.processes,
  round: async () => rate(await queue.take(jobs, concurrency)),
})
