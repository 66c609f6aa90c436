import { callerOf, type HandedJob, type WorkAnswer, type WorkRequest, WorkRequests } from '@yardmaster/domain/queue'
import type { RequestHandler, Response } from 'express'
import { clientAddress } from '../http/client-address.ts'
import { ifNotSent } from '../http/if-not-sent.ts'
import { refuse, replyEmpty, replyJson } from '../http/reply.ts'
import { describeRequest } from '../log.ts'
import type { RunnerContext } from './context.ts'
import { HeldPoll, type Holding, isGone } from './held-poll.ts'
import { type JobPayload, jobPayload } from './job-payload.ts'
import { hash, integer, object, POLL_BODY, parameters, required, systemId, text } from './parameters.ts'
import { usableTerminalSession } from './terminal-session.ts'

export const requestJobParameters = parameters(
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

type Given = NonNullable<ReturnType<typeof requestJobParameters.check>>

/** `POST /jobs/request`: hands out the next job for a runner. Protocol: `docs/protocol/job-request.md`. */
export function requestJobRoute(context: RunnerContext): RequestHandler {
  const { services, trustedProxies } = context
  const { externalUrl, longPollMs } = services.policy
  const requests = new WorkRequests(services, (handed: HandedJob) => jobPayload(handed, externalUrl))
  const reply = (res: Response, answer: WorkAnswer<JobPayload>): void => {
    send(context, res, answer)
    if (answer.kind === 'job') {
      ifNotSent(res, () => services.background.run('give a job back', () => requests.giveBack(answer.handed)))
    }
  }
  const holding: Holding<HeldPoll<Given>> = {
    ...context,
    async answer({ given, ipAddress }, how, res) {
      if (how !== 'woken') reply(res, { kind: 'nothing', runnerId: null, queueValue: null, cached: true })
      else reply(res, await requests.search(requestOf(given, ipAddress, res), true))
    },
  }
  context.stopping.addEventListener('abort', () => requests.endHolds(), { once: true })

  return async (req, res) => {
    const received = await requestJobParameters.receive(req, res)
    const given = received && requestJobParameters.check(received, res)
    if (!given) return
    if (longPollMs > 0) res.setHeader('Gitlab-Ci-Builds-Polling', 'yes')

    const { json } = received
    const request = requestOf(given, clientAddress(req, trustedProxies), res)
    // Clients that send a form, or a token that is not a string, are not known to wait for an answer.
    const canBeHeld = typeof json?.token === 'string' && json.last_update === request.lastUpdate
    const answer = await requests.answer(request, canBeHeld)
    if (answer.kind !== 'may_be_held') {
      reply(res, answer)
      return
    }
    const { lastUpdate, ipAddress } = request
    const poll = new HeldPoll({ ...callerOf(request), lastUpdate, ipAddress }, given, res, holding)
    if ((await requests.hold(poll)) || isGone(res)) return
    reply(res, await requests.search(request))
  }
}

const requestOf = (given: Given, ipAddress: string | null, res: Response): WorkRequest => ({
  token: given.token ?? '',
  systemId: given.system_id ?? null,
  lastUpdate: given.last_update ?? '',
  info: given.info ?? null,
  features: given.info?.features ?? null,
  ipAddress,
  jobAge: given.job_age ?? null,
  session: usableTerminalSession(given.session ?? null),
  isGone: () => isGone(res),
})

function send({ metrics }: RunnerContext, res: Response, answer: WorkAnswer<JobPayload>): void {
  switch (answer.kind) {
    case 'job':
      describeRequest({ runner: answer.runnerId, job: answer.handed.taken.job.id })
      metrics.jobRequests.inc({ outcome: 'found' })
      metrics.queueWait.observe(answer.handed.taken.timeInQueueSeconds)
      replyJson(res, 201, answer.payload)
      break
    case 'nothing':
      if (answer.runnerId !== null) describeRequest({ runner: answer.runnerId })
      metrics.jobRequests.inc({ outcome: answer.cached ? 'cached' : 'none' })
      // Without the header the client keeps the value it has.
      if (answer.queueValue !== null) res.setHeader('X-GitLab-Last-Update', answer.queueValue)
      replyEmpty(res, 204)
      break
    case 'cut_short':
      metrics.jobRequests.inc({ outcome: 'conflict' })
      refuse(res, answer.error)
      break
    case 'refused':
      refuse(res, answer.error)
      break
    case 'too_many':
      res.setHeader('Retry-After', String(answer.retryAfterSeconds))
      replyJson(res, 429, {
        message: { error: 'This endpoint has been requested too many times. Try again later.' },
      })
      break
    case 'gone':
      break
  }
}
