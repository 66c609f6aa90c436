import { ok, type Result } from '@yardmaster/common'
import {
  type Caller,
  claimJob,
  currentQueueValue,
  digestOf,
  HeldRequests,
  kindOfSearch,
  matchedFeatures,
  noteEntry,
  queueKey,
  queueValueMs,
  type RunnerRefused,
  type SeenRunner,
  type Services,
  type SharedSearches,
  seeRunner,
  shareSearches,
  systemIdOf,
  type TakenJob,
  type Turns,
  takeTurns,
} from '@yardmaster/domain'
import type { RequestHandler, Response } from 'express'
import { clientAddress } from '../http/client-address.ts'
import { refuse, replyEmpty, replyJson } from '../http/reply.ts'
import { describeRequest } from '../log.ts'
import type { JobRequestOutcome } from '../metrics.ts'
import { HeldPoll, type Holding, isGone } from './held-poll.ts'
import { jobPayload } from './job-payload.ts'
import { hash, integer, object, POLL_BODY, parameters, required, systemId, text } from './parameters.ts'
import type { RunnerApi } from './routes.ts'
import { usableSession } from './runner-session.ts'

const MINUTE_MS = 60_000
/** Of a runner that changes while it is read, or whose values vanish because nothing keeps them now. */
const MOST_READINGS = 3

/**
 * When a job comes, thousands may ask at the same moment. Each step takes them in turns, so that the first of them has it
 * at once and everything else goes on beside them: few where there are ten connections, more where they travel together.
 */
const ARRIVALS_AT_ONCE = 64
const SEARCHES_AT_ONCE = 6

const declared = parameters(
  {
    token: required(text),
    system_id: systemId,
    last_update: text,
    job_age: integer,
    info: hash({
      name: text,
      version: text,
      revision: text,
      platform: text,
      architecture: text,
      executor: text,
      features: object,
      config: hash({ gpus: text }),
      labels: object,
    }),
    session: hash({ url: text, certificate: text, authorization: text }),
  },
  { body: POLL_BODY },
)

type Given = NonNullable<ReturnType<typeof declared.check>>

/** One poll on its way through the steps of `docs/protocol/job-request.md 2`. */
interface Poll {
  readonly given: Given
  readonly caller: Caller
  readonly lastUpdate: string
  readonly ipAddress: string | null
  /** It was held until a new queue value woke it: an answer without a job keeps the client's value as it is. */
  readonly woken: boolean
}

/** What all polls of this process share. */
interface Desk extends RunnerApi {
  readonly held: HeldRequests
  readonly holding: Holding<HeldPoll<Given>>
  readonly arrivals: Turns
  readonly searchTurns: Turns
  readonly searches: SharedSearches
}

/** `POST /jobs/request`: the next job for a runner. Protocol: `docs/protocol/job-request.md`. */
export function requestJobRoute(api: RunnerApi): RequestHandler {
  const { services, trustedProxies } = api
  const desk: Desk = {
    ...api,
    holding: {
      ...api,
      async answer({ given, tokenDigest, systemId, lastUpdate, ipAddress }, how, res) {
        if (how !== 'woken') return replyNothing(api, res, null, 'cached')
        const caller = { tokenDigest, systemId }
        await serve(desk, { given, caller, lastUpdate, ipAddress, woken: true }, res)
      },
    },
    held: new HeldRequests(services, takeTurns(ARRIVALS_AT_ONCE)),
    arrivals: takeTurns(ARRIVALS_AT_ONCE),
    searchTurns: takeTurns(SEARCHES_AT_ONCE),
    searches: shareSearches(SEARCHES_AT_ONCE),
  }
  api.stopping.addEventListener('abort', () => desk.held.endAll(), { once: true })

  return async (req, res) => {
    const received = await declared.receive(req, res)
    const given = received && declared.check(received, res)
    if (!given) return
    if (services.policy.longPollMs > 0) res.setHeader('Gitlab-Ci-Builds-Polling', 'yes')

    const token = given.token ?? ''
    const lastUpdate = given.last_update ?? ''
    const caller = { tokenDigest: digestOf(token), systemId: systemIdOf(given.system_id) }
    const poll = { given, caller, lastUpdate, ipAddress: clientAddress(req, trustedProxies), woken: false }
    const [requests, value] = await Promise.all([
      countRequest(api, caller),
      lastUpdate === '' ? null : services.scratch.get(queueKey(caller.tokenDigest)),
    ])
    const limit = services.policy.jobRequestsPerMinute
    if (limit > 0 && requests > limit) return refuseTooMany(api, res)

    // The value is a secret of those who hold the token, and it dies with the token: who knows it needs no SQL.
    if (value !== null && value === lastUpdate) {
      const { json } = received
      if (typeof json?.token === 'string' && json.last_update === lastUpdate && services.policy.longPollMs > 0) {
        return await hold(desk, poll, res)
      }
      if (services.contacts.noteCaller(caller, { at: services.clock.now(), ipAddress: poll.ipAddress })) {
        return replyNothing(api, res, value, 'cached')
      }
    }
    await serve(desk, poll, res)
  }
}

/** Steps 5 to 9: who asks, whether it may have work, and the search. */
async function serve(desk: Desk, poll: Poll, res: Response): Promise<void> {
  const { services, metrics } = desk
  const { given, lastUpdate, woken } = poll
  const arrived = await desk.arrivals(() => arrive(services, poll))
  if (!arrived.ok) {
    // A token that was good when the hold began was most likely just replaced by the runner itself, which would report
    // 403 as an error. If it has no other, it hears 403 when it asks again (`docs/protocol/runners.md 4`).
    return woken ? replyNothing(desk, res, null, 'none') : refuse(res, arrived.error)
  }
  const { seen, value } = arrived.value
  const { runner, manager } = seen
  describeRequest({ runner: runner.id })
  if (runner.paused) return replyNothing(desk, res, woken ? null : value, 'none')
  if (lastUpdate !== '' && lastUpdate === value && !woken) return replyNothing(desk, res, value, 'cached')

  const jobAge = given.job_age ?? null
  const work = {
    runner,
    managerId: manager.id,
    features: matchedFeatures(given.info?.features),
    jobAge,
    session: usableSession(given.session ?? null),
    answersHold: woken,
  }
  const search = async () => {
    if (isGone(res)) return 'gone'
    const result = await claimJob(services, work, (taken, jobToken) => payloadFor(desk, seen, taken, jobToken))
    return result.ok ? result.value : result
  }
  const claimed = await desk.searches(kindOfSearch(runner, jobAge), () => desk.searchTurns(search))
  if (claimed === 'gone') return
  if (!claimed) return replyNothing(desk, res, woken ? null : value, 'none')
  if ('error' in claimed) {
    metrics.jobRequests.inc({ outcome: 'conflict' })
    return refuse(res, claimed.error)
  }

  const { taken, payload } = claimed
  describeRequest({ job: taken.job.id })
  metrics.jobRequests.inc({ outcome: 'found' })
  metrics.queueWait.observe(taken.timeInQueueSeconds)
  replyJson(res, 201, payload)
}

/** Who asks, and the queue value it will know if it gets nothing. */
async function arrive(
  services: Services,
  { given, caller, ipAddress, woken }: Poll,
): Promise<Result<{ seen: SeenRunner; value: string }, RunnerRefused>> {
  // A change of the runner removes the value: with one that stands before and after it was read, it was read as it is.
  let standing = woken ? null : await services.scratch.get(queueKey(caller.tokenDigest))
  for (let readings = 1; ; readings++) {
    const seen = await seeRunner(services, {
      token: given.token ?? '',
      systemId: given.system_id ?? null,
      info: given.info ?? null,
      ipAddress,
      finishesCreation: true,
      asks: !woken,
    })
    if (!seen.ok) return seen
    // Read before the search: a job that arrives meanwhile makes it out of date, and the runner comes back at once.
    const [value] = await Promise.all([
      currentQueueValue(
        services,
        caller.tokenDigest,
        queueValueMs(seen.value.runner.tokenExpiresAt, services.clock.now()),
      ),
      // Known before any of them knows a value it could be held for.
      services.policy.longPollMs > 0 ? noteEntry(services, caller) : null,
    ])
    // Who was woken is told no value, and searches again when it comes back.
    if (woken || value === standing || readings === MOST_READINGS) return ok({ seen: seen.value, value })
    standing = value
  }
}

/** Steps of `docs/protocol/job-request.md 4`, for a client that knows the current value. */
async function hold(desk: Desk, poll: Poll, res: Response): Promise<void> {
  const { given, caller, lastUpdate, ipAddress } = poll
  const held = await desk.held.hold(new HeldPoll({ ...caller, lastUpdate, ipAddress }, given, res, desk.holding))
  if (!held && !isGone(res)) await serve(desk, poll, res)
}

async function payloadFor({ services }: RunnerApi, { runner, manager }: SeenRunner, taken: TakenJob, jobToken: string) {
  const settings = await services.settings.get()
  const ids = taken.job.dependencies
  // Most jobs depend on none, and then nothing is asked for.
  const found = ids.length === 0 ? [] : await services.artifacts.dependencies(ids)
  const dependencies = found.map(({ id, name, archive }) => ({ id, name, ...archive }))
  const dotenv = found.flatMap(({ dotenv }) => dotenv)
  const payload = jobPayload({
    taken,
    runner,
    runnerVersion: manager.version,
    jobToken,
    policy: services.policy,
    settings,
    dependencies,
    dotenv,
  })
  if (isDebug(payload)) await services.jobs.markDebug(taken.job.id)
  return payload
}

/** With one of these a job's log shows every variable (`docs/protocol/trace.md 6`). */
const DEBUG_VARIABLES = ['CI_DEBUG_TRACE', 'CI_DEBUG_SERVICES']

const isDebug = ({ variables }: ReturnType<typeof jobPayload>): boolean =>
  DEBUG_VARIABLES.some((key) => variables.findLast((one) => one.key === key)?.value.toLowerCase() === 'true')

/** 204. The header is left out where the client shall keep the value it has. */
function replyNothing({ metrics }: RunnerApi, res: Response, value: string | null, outcome: JobRequestOutcome): void {
  metrics.jobRequests.inc({ outcome })
  if (value !== null) res.setHeader('X-GitLab-Last-Update', value)
  replyEmpty(res, 204)
}

/** Requests of this token in the present minute (`docs/protocol/common.md 11`). */
async function countRequest({ services }: RunnerApi, { tokenDigest }: Caller): Promise<number> {
  if (services.policy.jobRequestsPerMinute === 0) return 0
  const minute = Math.floor(services.clock.now().getTime() / MINUTE_MS)
  return await services.scratch.increment(`requests:${tokenDigest}:${minute}`, MINUTE_MS)
}

function refuseTooMany({ services }: RunnerApi, res: Response): void {
  const left = Math.ceil((MINUTE_MS - (services.clock.now().getTime() % MINUTE_MS)) / 1000)
  res.setHeader('Retry-After', String(left))
  replyJson(res, 429, {
    message: { error: 'This endpoint has been requested too many times. Try again later.' },
  })
}
