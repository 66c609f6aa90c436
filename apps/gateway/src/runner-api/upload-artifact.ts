import {
  ACCESSIBILITIES,
  ARTIFACT_FORMATS,
  ARTIFACT_TYPES,
  admitUpload,
  type DomainError,
  largestUpload,
  storeArtifact,
} from '@yardmaster/domain'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { describeRequest } from '../log.ts'
import { dropRest } from './body.ts'
import { refuseEarly, replyJsonEarly, replyTextEarly } from './early-refusal.ts'
import { integer, oneOf, parameters, pathId, text } from './parameters.ts'
import { replyJson } from './reply.ts'
import type { RunnerApi } from './routes.ts'
import { isForged, LateField, MalformedForm, readUploadForm, SenderGone, type UploadField } from './upload-form.ts'

/** What is looked at before the body; the rest of the parameters counts only when the file is there. */
const declared = parameters({
  id: pathId,
  token: text,
  expire_in: text,
  artifact_type: oneOf(ARTIFACT_TYPES),
  artifact_format: text,
  accessibility: text,
  filesize: integer,
  file: z.unknown().optional(),
  metadata: z.unknown().optional(),
})

type Parameters = Readonly<Partial<Record<UploadField, unknown>>>

/** `POST /jobs/:id/artifacts`: what a job leaves behind. Protocol: `artifacts.md` 3. */
export function uploadArtifactRoute(api: RunnerApi): RequestHandler {
  const { ports, metrics } = api

  return async (req, res) => {
    res.on('finish', () => metrics.artifactUploads.inc({ status: res.statusCode }))
    const given = await declared.readQuery(req, res)
    if (!given) return dropRest(req)
    const { id, artifact_type } = given
    describeRequest({ job: id })
    // Not from the form: whether its sender may upload is settled before it is read.
    const token = given.token === undefined ? req.get('JOB-TOKEN') : given.token
    const admitted = await admitUpload(ports, {
      id,
      token,
      type: artifact_type ?? 'archive',
      fileSize: given.filesize ?? undefined,
    })
    if (!admitted.ok) return refuseEarly(req, res, admitted.error)
    if (queryNames(req).some(isForged)) return replyTextEarly(req, res, 400, 'Bad Request')
    await receive(api, req, res, { id, token, given })
  }
}

interface Admitted {
  readonly id: number
  readonly token: string | null | undefined
  readonly given: Parameters
}

/** Steps 5 to 17 of `artifacts.md` 3.3. */
async function receive({ ports, metrics }: RunnerApi, req: Request, res: Response, { id, token, given }: Admitted) {
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(req.headers['content-type'] ?? '')) {
    return replyJsonEarly(req, res, 400, { error: complaints(given, false) })
  }
  const form = readUploadForm(req, texts(given))
  if (!form) return replyTextEarly(req, res, 400, 'Bad Request')

  let bytes = 0
  const refuse = (error: DomainError) => {
    form.leave()
    refuseEarly(req, res, error)
  }
  try {
    const file = await form.file
    const chosen = { ...texts(given), ...form.fields }
    const error = complaints(chosen, file !== null)
    const type = ARTIFACT_TYPES.find((one) => one === (chosen.artifact_type ?? 'archive'))
    const format = ARTIFACT_FORMATS.find((one) => one === (chosen.artifact_format ?? 'zip'))
    const accessibility = ACCESSIBILITIES.find((one) => one === chosen.accessibility)
    const most = largestUpload(type ?? 'archive', ports.policy.maxArtifactBytes)
    async function* counted(body: AsyncIterable<Uint8Array>) {
      for await (const chunk of body) {
        bytes += chunk.length
        yield chunk
      }
    }
    if (!file || error !== '' || !type || !format) {
      // What is wrong with the body itself, or its size, comes first.
      if (file) {
        for await (const _ of counted(file.bytes)) if (bytes > most) return refuse({ kind: 'artifact_too_large' })
      }
      return replyJson(res, 400, { error })
    }

    const stored = await storeArtifact(ports, {
      id,
      token,
      type,
      format,
      filename: file.filename,
      expireIn: chosen.expire_in,
      accessibility,
      body: counted(file.bytes),
      signal: form.signal,
    })
    describeRequest({ artifact: type, bytes })
    if (!stored.ok) return refuse(stored.error)
    if (stored.value === 'stored') metrics.artifactBytes.inc(bytes)
    replyJson(res, 201, 201)
  } catch (error) {
    describeRequest({ bytes })
    const { failure } = form
    if (!failure) throw error
    if (failure instanceof MalformedForm) replyTextEarly(req, res, 400, 'Bad Request')
    if (failure instanceof LateField) replyJsonEarly(req, res, 400, { error: failure.message })
    // Nobody is there to hear an answer; a sender that was too slow is cut off.
    if (failure instanceof SenderGone) req.destroy()
  } finally {
    form.leave()
  }
}

/** Names of the query's parameters, as they are spelled there. */
const queryNames = ({ url }: Request): string[] => [...new URLSearchParams(url.split('?').slice(1).join('?')).keys()]

/** A parameter that is no text is none that a field could repeat. */
const texts = (given: Parameters): Partial<Record<UploadField, string>> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'string'))

/** Step 10, in the order of declaration; empty if there is none. */
function complaints(given: Parameters, hasFile: boolean): string {
  const oneOfThem = (name: UploadField, allowed: readonly string[]) =>
    given[name] === undefined || given[name] === null || allowed.some((one) => one === given[name])
      ? []
      : [`${name} does not have a valid value`]
  return [
    ...(hasFile ? [] : [given.file === undefined ? 'file is missing' : 'file is invalid']),
    ...oneOfThem('artifact_type', ARTIFACT_TYPES),
    ...oneOfThem('artifact_format', ARTIFACT_FORMATS),
    ...(given.metadata === undefined ? [] : ['metadata is invalid']),
    ...oneOfThem('accessibility', ACCESSIBILITIES),
  ].join(', ')
}
