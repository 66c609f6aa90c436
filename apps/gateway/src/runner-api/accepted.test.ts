import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { declared, demanding, setUpDeclaredRoutes } from '../testing/declared-routes.ts'
import { appendTraceParameters } from './append-trace.ts'
import { authorizeArtifactParameters } from './authorize-artifact.ts'
import { createUserRunnerParameters } from './create-user-runner.ts'
import { downloadArtifactParameters } from './download-artifact.ts'
import type { Declared } from './parameters.ts'
import { registerRunnerParameters } from './register-runner.ts'
import { removeManagerParameters } from './remove-manager.ts'
import { requestJobParameters } from './request-job.ts'
import { updateJobParameters } from './update-job.ts'
import { uploadArtifactParameters } from './upload-artifact.ts'
import { verifyRunnerParameters } from './verify-runner.ts'

setUpDeclaredRoutes()

const DECLARED: Readonly<Record<string, Declared<unknown>>> = {
  declared,
  demanding,
  appendTraceParameters,
  authorizeArtifactParameters,
  createUserRunnerParameters,
  downloadArtifactParameters,
  registerRunnerParameters,
  removeManagerParameters,
  requestJobParameters,
  updateJobParameters,
  uploadArtifactParameters,
  verifyRunnerParameters,
}

/** Returns a stand-in for an answer that is not read. */
const answer = () => ({ statusCode: 0, setHeader() {}, end() {} }) as never

const TEXTS = [
  ...[
    '',
    ' ',
    'x',
    '1',
    ' 600 ',
    '1_000',
    '+5',
    '-5',
    '6e2',
    '600.5',
    '0x10',
    'true',
    'True',
    'on',
    'maybe',
    'n',
    'a,b',
  ],
  ...[
    'instance_type',
    'group_type',
    'project_type',
    'archive',
    'ref_protected',
    'a',
    'b',
    's'.repeat(65),
    '🙂'.repeat(64),
  ],
]
const VALUES: readonly unknown[] = [...TEXTS, null, true, false, 0, 1, 2, -1, 600.9, 1e300, [], ['a', null], {}]

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
}

/** Draws mostly valid values, because one invalid member hides the others. */
function valueFor(schema: Schema): fc.Arbitrary<unknown> {
  const fits = new Ajv2020({ strict: false }).compile(schema)
  const right = VALUES.filter((one) => fits(one))
  const wrong = fc.oneof(fc.constantFrom(...VALUES), fc.jsonValue())
  return fc.oneof(
    { weight: 12, arbitrary: schema.properties ? membersOf(schema) : fc.constantFrom(...right) },
    { weight: 1, arbitrary: wrong },
  )
}

const membersOf = ({ properties = {} }: Schema): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, valueFor(schema)])), {
    requiredKeys: [],
  })

test.each(Object.keys(DECLARED))('the schema of %s accepts exactly what it accepts', (name) => {
  const one = DECLARED[name] as Declared<unknown>
  const fits = new Ajv2020({ strict: false }).compile(one.accepted)
  let taken = 0
  fc.assert(
    fc.property(membersOf(one.accepted as Schema), (parameters) => {
      const isTaken = one.check({ parameters, json: null }, answer()) !== null
      expect(isTaken).toBe(fits(parameters))
      taken += Number(isTaken)
    }),
    { numRuns: 200 },
  )
  expect(taken).toBeGreaterThan(0)
})
