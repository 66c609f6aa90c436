import { STATUS_CODES } from 'node:http'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { answerEarly } from '../http/answer-early.ts'
import { replyJson } from '../http/reply.ts'
import { describeRefusal, REFUSAL_KINDS, type Refusal } from '../refusals.ts'
import { ConfigFaultShape } from '../shapes/lint.ts'
import { list, OpenRecord } from '../shapes/values.ts'

const PROBLEM = 'application/problem+json'

/** A refusal in the form of RFC 9457. */
export const ProblemShape = z
  .strictObject({
    type: z.string().describe('Address of the documentation of its kind.'),
    title: z.string().describe('The meaning of the status.'),
    status: z.int(),
    detail: z.string().describe('A sentence for people.'),
    kind: z.enum(REFUSAL_KINDS).describe('A stable code for programs.'),
    fields: list(z.strictObject({ path: z.string(), message: z.string() })).describe(
      'Invalid fields of the input, such as `variables[2].key`; the path of the input as a whole is empty.',
    ),
    details: OpenRecord.describe('The values in the sentence.'),
    errors: z
      .exactOptional(list(ConfigFaultShape))
      .describe('The faults of a configuration; only with `config_invalid`.'),
  })
  .meta({ id: 'Problem' })

/** Answers with a problem document of RFC 9457. */
export function refuseWithProblem(req: Request, res: Response, externalUrl: string, refusal: Refusal): void {
  const { status, body } = problem(externalUrl, refusal)
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer')
  res.status(status)
  if (hasUnreadBody(req)) answerEarly(req, res, PROBLEM, JSON.stringify(body))
  else replyJson(res, status, body, PROBLEM)
}

const hasUnreadBody = ({ headers, readableEnded }: Request): boolean =>
  !readableEnded && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)

function problem(externalUrl: string, given: Refusal): { status: number; body: z.input<typeof ProblemShape> } {
  const { status, sentence, refusal } = describeRefusal(given)
  const { kind, fields, details, errors } = refusal
  return {
    status,
    body: {
      type: `${externalUrl}/api/docs#${kind}`,
      title: STATUS_CODES[status] ?? '',
      status,
      detail: sentence,
      kind,
      fields,
      details,
      ...(errors && { errors }),
    },
  }
}
