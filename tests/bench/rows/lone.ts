import { bareQueue, gatewayQueue, type Queue } from '../claiming.ts'
import { Form } from '../form.ts'
import { type Answers, Load } from '../load.ts'
import { type Contender, inTurns, median, type Round, ratio } from '../rounds.ts'
import { type Compared, type Finding, milliseconds, type Row } from '../row.ts'
import { patches } from '../running-jobs.ts'
import { GrowingLog } from '../tracing.ts'

const ROUNDS = 9
const ROUND_MS = 1_000
const ROUND_JOBS = 50
const DEPTH = 100

/**
 * The p50 as a multiple of the baseline's when every request was served by itself, as measured by these rows on the
 * last such commit. Milliseconds depend on the machine; this says how much of it a request takes.
 */
const BEFORE = {
  patch: { embedded: 1.43, production: 3.1 },
  claim: { embedded: 4.61, production: 7.67 },
}
/** Serving requests together must not slow one that is alone. */
const AIM = 1

/** Patches and claims of one connection, with nothing else to do. */
export const lone: Row = {
  name: 'lone',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()

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
    })

    const claim = await inTurns(ROUNDS, {
      ours: claimingAlone(await gatewayQueue(site, { depth: DEPTH })),
      baseline: claimingAlone(await bareQueue(form, DEPTH)),
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

function comparedWithBefore(what: string, { ours, baseline }: Compared, before: number): Finding {
  const multiple = ratio(ours, baseline)
  const found = multiple / before
  return {
    what,
    ours: milliseconds(median(ours.figures)),
    baseline: `${milliseconds(median(baseline.figures))}; ${multiple.toFixed(2)}×, before ${before.toFixed(2)}×`,
    ratio: found.toFixed(2),
    aim: `≤ ${AIM}`,
    met: found <= AIM,
    cpu: ours.cpu,
    baselineCpu: baseline.cpu,
  }
}
