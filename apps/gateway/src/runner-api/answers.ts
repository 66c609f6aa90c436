import { z } from 'zod'
import { Count, IdShape, TimeOrNull } from '../shapes/values.ts'

/** What runners are told, in the names of the protocol (`docs/protocol/README.md`). A job is in `job-payload-shape.ts`. */

const token = { token: z.string(), token_expires_at: TimeOrNull.describe('Null: never.') }

export const IssuedTokenShape = z.strictObject(token).meta({ id: 'IssuedToken' })

export const RunnerIdentityShape = z.strictObject({ id: IdShape, ...token }).meta({ id: 'RunnerIdentity' })

export const UploadAdmissionShape = z
  .strictObject({ MaximumSize: Count.describe('Bytes.'), ProcessLsif: z.literal(true).optional() })
  .meta({ id: 'UploadAdmission' })

/** Runners read `message` alone: a sentence, or what is wrong with each attribute. `error` is for people. */
export const RefusalShape = z
  .union([
    z.strictObject({ message: z.union([z.string(), z.record(z.string(), z.unknown())]) }),
    z.strictObject({ error: z.string() }),
  ])
  .meta({ id: 'Refusal' })

export type RunnerIdentity = z.input<typeof RunnerIdentityShape>
export type IssuedTokenAnswer = z.input<typeof IssuedTokenShape>
export type UploadAdmission = z.input<typeof UploadAdmissionShape>
