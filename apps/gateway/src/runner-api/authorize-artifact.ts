import { ARTIFACT_TYPES, admitUpload, largestUpload } from '@yardmaster/domain/artifacts'
import type { RequestHandler } from 'express'
import { refuse, replyJson } from '../http/reply.ts'
import { describeRequest } from '../log.ts'
import type { UploadAdmission } from './answers.ts'
import type { RunnerContext } from './context.ts'
import { integer, oneOf, parameters, pathId, text } from './parameters.ts'

export const authorizeArtifactParameters = parameters({
  id: pathId,
  token: text,
  filesize: integer,
  artifact_type: oneOf(ARTIFACT_TYPES),
})

/**
 * `POST /jobs/:id/artifacts/authorize`: answers whether an upload would be accepted, and up to which size. Protocol:
 * `docs/protocol/artifacts.md 2`.
 */
export function authorizeArtifactRoute({ services }: RunnerContext): RequestHandler {
  return async (req, res) => {
    const given = await authorizeArtifactParameters.read(req, res)
    if (!given) return
    describeRequest({ job: given.id })
    const type = given.artifact_type ?? 'archive'
    const admitted = await admitUpload(services, {
      id: given.id,
      token: given.token === undefined ? req.get('JOB-TOKEN') : given.token,
      type,
      fileSize: given.filesize ?? undefined,
    })
    if (!admitted.ok) return refuse(res, admitted.error)
    replyJson(
      res,
      200,
      {
        MaximumSize: largestUpload(type, services.policy.maxArtifactBytes),
        ...(type === 'lsif' && { ProcessLsif: true }),
      } satisfies UploadAdmission,
      'application/vnd.gitlab-workhorse+json',
    )
  }
}
