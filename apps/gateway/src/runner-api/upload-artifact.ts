import {
  ACCESSIBILITIES,
  ARTIFACT_FORMATS,
  ARTIFACT_TYPES,
  admitUpload,
  storeArtifact,
  type UploadChoice,
} from '@yardmaster/domain/artifacts'
import type { Request, RequestHandler, Response } from 'express'
import { refuseEarly, replyJsonEarly, replyTextEarly } from '../http/early-refusal.ts'
import { MalformedForm } from '../http/multipart.ts'
import { dropRest } from '../http/read-body.ts'
import { replyJson } from '../http/reply.ts'
import { describeRequest } from '../log.ts'
import type { RunnerContext } from './context.ts'
import { anything, integer, oneOf, parameters, pathId, text } from './parameters.ts'
import {
  isForged,
  readUploadForm,
  SenderGone,
  SenderTooSlow,
  type UploadedFile,
  type UploadField,
} from './upload-form.ts'

/** Parameters that are checked before the body; the others are checked once the file has arrived. */
export const uploadArtifactParameters = parameters({
  id: pathId,
  token: text,
  expire_in: text,
  artifact_type: oneOf(ARTIFACT_TYPES),
  artifact_format: text,
  accessibility: text,
  filesize: integer,
  file: anything,
  metadata: anything,
})

type Parameters = Readonly<Partial<Record<UploadField, unknown>>>

/** `POST /jobs/:id/artifacts`: stores an artifact of a job. Protocol: `docs/protocol/artifacts.md 3`. */
export function uploadArtifactRoute(context: RunnerContext): RequestHandler {
  const { services, metrics } = context

  return async (req, res) => {
    res.on('finish', () => metrics.artifactUploads.inc({ status: res.statusCode }))
    const given = await uploadArtifactParameters.readQuery(req, res)
    if (!given) return dropRest(req)
    const { id, artifact_type } = given
    describeRequest({ job: id })
    // Never from the form, because its sender is authorized before the form is read.
    const token = given.token === undefined ? req.get('JOB-TOKEN') : given.token
    const admitted = await admitUpload(services, {
      id,
      token,
      type: artifact_type ?? 'archive',
      fileSize: given.filesize ?? undefined,
    })
    if (!admitted.ok) return refuseEarly(req, res, admitted.error)
    if (queryNames(req).some(isForged)) return replyTextEarly(req, res, 400, 'Bad Request')
    await receive(context, req, res, { id, token, given })
  }
}

interface Admitted {
  readonly id: number
  readonly token: string | null | undefined
  readonly given: Parameters
}

/** Steps 5 to 17 of `docs/protocol/artifacts.md 3.3`. */
async function receive(
  { services, metrics }: RunnerContext,
  req: Request,
  res: Response,
  { id, token, given }: Admitted,
) {
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(req.headers['content-type'] ?? '')) {
    return replyJsonEarly(req, res, 400, { error: errorText(given, false) })
  }
  const form = readUploadForm(req)
  if (!form) return replyTextEarly(req, res, 400, 'Bad Request')

  let bytes = 0
  /** Returns the form's fields so far, which override those of the query. */
  const chosen = () => ({ ...texts(given), ...form.fields })
  async function* checked({ bytes: body }: UploadedFile): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      bytes += chunk.length
      yield chunk
    }
    const error = errorText({ ...given, ...form?.fields }, true)
    if (error !== '') throw new InvalidParameters(error)
  }
  try {
    const file = await form.file()
    if (!file) return replyJsonEarly(req, res, 400, { error: errorText({ ...given, ...form.fields }, false) })

    const stored = await storeArtifact(services, {
      id,
      token,
      filename: file.filename,
      choice: () => choiceOf(chosen()),
      body: checked(file),
      signal: form.signal,
    })
    describeRequest({ artifact: choiceOf(chosen()).type, bytes })
    form.leave()
    if (!stored.ok) return refuseEarly(req, res, stored.error)
    if (stored.value === 'stored') metrics.artifactBytes.inc(bytes)
    replyJson(res, 201, 201)
  } catch (error) {
    describeRequest({ bytes })
    form.leave()
    if (error instanceof MalformedForm) replyTextEarly(req, res, 400, 'Bad Request')
    else if (error instanceof InvalidParameters) replyJsonEarly(req, res, 400, { error: error.message })
    else if (error instanceof SenderTooSlow) replyJsonEarly(req, res, 408, { message: '408 Request Timeout' })
    // There is no client left to answer.
    else if (error instanceof SenderGone) req.destroy()
    else throw error
  }
}

/** Parameters that are found invalid once the form is read to its end. */
class InvalidParameters extends Error {}

/** Returns the valid choices. Invalid values count as absent here, because `errorText` refuses them. */
const choiceOf = (chosen: Partial<Record<UploadField, string>>): UploadChoice => ({
  type: ARTIFACT_TYPES.find((one) => one === chosen.artifact_type) ?? 'archive',
  format: ARTIFACT_FORMATS.find((one) => one === chosen.artifact_format) ?? 'zip',
  expireIn: chosen.expire_in,
  accessibility: ACCESSIBILITIES.find((one) => one === chosen.accessibility),
})

/** Returns the names of the query's parameters, exactly as sent. */
const queryNames = ({ url }: Request): string[] => [...new URLSearchParams(url.split('?').slice(1).join('?')).keys()]

/** Keeps only text parameters, because only these can be repeated as form fields. */
const texts = (given: Parameters): Partial<Record<UploadField, string>> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'string'))

/** Step 10: joins the errors in the order of declaration; empty without errors. */
function errorText(given: Parameters, hasFile: boolean): string {
  const checkedWord = (name: UploadField, allowed: readonly string[]) =>
    given[name] === undefined || given[name] === null || allowed.some((one) => one === given[name])
      ? []
      : [`${name} does not have a valid value`]
  return [
    ...(hasFile ? [] : [given.file === undefined ? 'file is missing' : 'file is invalid']),
    ...checkedWord('artifact_type', ARTIFACT_TYPES),
    ...checkedWord('artifact_format', ARTIFACT_FORMATS),
    ...(given.metadata === undefined ? [] : ['metadata is invalid']),
    ...checkedWord('accessibility', ACCESSIBILITIES),
  ].join(', ')
}
