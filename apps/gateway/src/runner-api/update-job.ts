import { updateJob } from '@yardmaster/domain/execution'
import type { RequestHandler } from 'express'
import { clientAddress } from '../http/client-address.ts'
import { refuse, replyJson } from '../http/reply.ts'
import { describeRequest } from '../log.ts'
import type { RunnerContext } from './context.ts'
import { hash, integer, parameters, pathId, required, text } from './parameters.ts'

export const updateJobParameters = parameters({
  id: pathId,
  token: required(text),
  state: text,
  failure_reason: text,
  exit_code: integer,
  checksum: text,
  output: hash({ checksum: text, bytesize: integer }),
})

/** `PUT /jobs/:id`: a runner reports the state of its job. Protocol: `docs/protocol/job-update.md`. */
export function updateJobRoute({ services, metrics, trustedProxies }: RunnerContext): RequestHandler {
  return async (req, res) => {
    res.on('finish', () => metrics.jobUpdates.inc({ status: res.statusCode }))
    const given = await updateJobParameters.read(req, res)
    if (!given) return
    describeRequest({ job: given.id })

    const updated = await updateJob(services, {
      id: given.id,
      token: given.token ?? null,
      ipAddress: clientAddress(req, trustedProxies),
      state: given.state ?? null,
      failureReason: given.failure_reason ?? null,
      exitCode: given.exit_code ?? null,
      checksum: given.output?.checksum ?? given.checksum ?? null,
      bytesize: given.output?.bytesize ?? null,
    })
    if (!updated.ok) return refuse(res, updated.error)
    res.setHeader('Job-Status', updated.value)
    // The bare number, as in the reference. The body is JSON, and no runner reads it.
    replyJson(res, 200, 200)
  }
}
