import { bareQueue, gatewayQueue, type Queue } from '../claiming.ts'
import { Form } from '../form.ts'
import { type Answers, Load } from '../load.ts'
import { type Contender, inTurns, median, type Round, type Rounds } from '../rounds.ts'
import { type Finding, milliseconds, type Row } from '../row.ts'
import { patches } from '../running-jobs.ts'
import { GrowingLog } from '../tracing.ts'

const ROUNDS = 15
const ROUND_MS = 500
const ROUND_JOBS = 32
const ROUND_COMPUTATIONS = 100
const DEPTH = 100

/**
 * What a patch and a claim took beyond the baseline's p50 on the last commit that served every request by itself, as a
 * multiple of the p50 of a fixed computation (`bare/computing.ts`).
 */
const BEFORE = {
  patch: { embedded: 1.78, production: 4.1 },
  claim: { embedded: 4.7, production: 5.2 },
}
/** Serving requests together must not slow one that is alone. */
const AIM = 1

/** Patches and claims of one connection, with nothing else to do. */
export const lone: Row = {
  name: 'lone',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()
    const computing = await form.bare('computing')
    const computation: Contender = {
      processes: computing.processes,
      round: async () => delay(await computing.ask<Answers>(ROUND_COMPUTATIONS)),
    }

    const log = await GrowingLog.begin(site, await site.runner())
    const bare = await form.bare('updating-server')
    const bareUrl = await bare.ask<string>(null)
    await using ours = await Load.open(site.url, 1)
    await using baseline = await Load.open(bareUrl, 1)
    const patching = (load: Load, growing: GrowingLog) => async () =>
      delay(await load.run(patches([growing], 1), { ms: ROUND_MS }))
    const patch = await inTurns(ROUNDS, {
      ours: { processes: site.processes, round: patching(ours, log) },
      baseline: {
        processes: bare.processes,
        round: patching(baseline, new GrowingLog({ id: 1, token: 'glcbt-64_somethingAsLongAsOurs0' })),
      },
      computation,
    })

    const claim = await inTurns(ROUNDS, {
      ours: claimingAlone(await gatewayQueue(site, { depth: DEPTH })),
      baseline: claimingAlone(await bareQueue(form, DEPTH)),
      computation,
    })
    return [
      comparedWithBefore('lone patch', patch, BEFORE.patch[kind]),
      comparedWithBefore('lone claim', claim, BEFORE.claim[kind]),
    ]
  },
}

const delay = ({ p50, operations }: Answers): Round => ({ figure: p50, operations })

const claimingAlone = (queue: Queue): Contender => ({
  processes: queue.processes,
  prepare: () => queue.fill(ROUND_JOBS),
  round: async () => delay(await queue.take(ROUND_JOBS, 1)),
})

interface Alone {
  readonly ours: Rounds
  readonly baseline: Rounds
  readonly computation: Rounds
}

/**
 * Compares with what a request of that commit would take here and now: the baseline's write, and as much computing as
 * it took then. Each round is compared with its neighbours.
 */
function comparedWithBefore(what: string, { ours, baseline, computation }: Alone, before: number): Finding {
  const inRounds = (compare: (ours: number, baseline: number, computation: number) => number) =>
    median(
      ours.figures.map((figure, round) =>
        compare(figure, baseline.figures[round] ?? Number.NaN, computation.figures[round] ?? Number.NaN),
      ),
    )
  const found = inRounds((ours, baseline, computation) => ours / (baseline + before * computation))
  const beyond = inRounds((ours, baseline, computation) => (ours - baseline) / computation)
  return {
    what,
    ours: `${milliseconds(median(ours.figures))}; baseline and ${beyond.toFixed(2)} computations`,
    baseline: `${milliseconds(median(baseline.figures))}; before ${before.toFixed(2)} computations of ${milliseconds(median(computation.figures))}`,
    ratio: found.toFixed(2),
    aim: `≤ ${AIM}`,
    met: found <= AIM,
    cpu: ours.cpu,
    baselineCpu: baseline.cpu,
  }
}
