import { z } from 'zod'
import { Count, IdShape, TimeOrNull } from '../shapes/values.ts'

/** Shapes of answers to runners (`docs/protocol/README.md`). The one of a job is in `job-payload-shape.ts`. */

const token = { token: z.string(), token_expires_at: TimeOrNull.describe('Null when it never expires.') }

export const IssuedTokenShape = z.strictObject(token).meta({ id: 'IssuedToken' })

export const RunnerIdentityShape = z.strictObject({ id: IdShape, ...token }).meta({ id: 'RunnerIdentity' })

export const UploadAdmissionShape = z
  .strictObject({ MaximumSize: Count.describe('Bytes.'), ProcessLsif: z.literal(true).optional() })
  .meta({ id: 'UploadAdmission' })

/** Runners read only `message`: a sentence, or the errors by attribute. `error` is for people. */
export const RefusalShape = z
  .union([
    z.strictObject({ message: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
    z.strictObject({ error: z.string() }),
  ])
  .meta({ id: 'Refusal' })

export type RunnerIdentity = z.input<typeof RunnerIdentityShape>
export type IssuedTokenAnswer = z.input<typeof IssuedTokenShape>
export type UploadAdmission = z.input<typeof UploadAdmissionShape>
