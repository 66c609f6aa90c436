import type { RunnerOverview } from '@yardmaster/domain/ports'
import {
  ACCESS_LEVELS,
  type IssuedToken,
  RUNNER_STATUSES,
  RUNNER_TYPES,
  runnerStatus,
} from '@yardmaster/domain/runners'
import { z } from 'zod'
import { ManagerShape } from './manager.ts'
import { Count, CountOrNull, IdOrNull, IdShape, list, pageOfItems, TextOrNull, Time, TimeOrNull } from './values.ts'
import { visible } from './visible.ts'

export const RunnerShape = z
  .strictObject({
    id: IdShape,
    runnerType: z.enum(RUNNER_TYPES),
    description: TextOrNull,
    maintenanceNote: TextOrNull,
    name: TextOrNull,
    paused: z.boolean(),
    locked: z.boolean().describe('Whether it cannot be assigned to further projects.'),
    accessLevel: z.enum(ACCESS_LEVELS),
    runUntagged: z.boolean(),
    tagList: list(z.string()),
    maximumTimeout: CountOrNull.describe('Seconds.'),
    costFactor: z.number().describe('Compute minutes that one minute of run time counts as.'),
    status: z.enum(RUNNER_STATUSES),
    creationState: z.enum(['started', 'finished']),
    contactedAt: TimeOrNull,
    createdAt: Time,
    tokenExpiresAt: TimeOrNull,
    tokenPrefix: z.string().describe('The beginning of the token, which is not secret.'),
    groupId: IdOrNull,
    projectIds: list(IdShape),
    runningJobs: Count,
    version: TextOrNull.describe('From the manager seen last, like the next three.'),
    executor: TextOrNull,
    platform: TextOrNull,
    ipAddress: TextOrNull,
  })
  .meta({ id: 'Runner' })

export const RunnersShape = pageOfItems(RunnerShape).meta({ id: 'Runners' })

export const RunnerCountShape = z.strictObject({ runners: Count }).meta({ id: 'RunnerCount' })

export const RunnerWithManagersShape = RunnerShape.extend({ managers: list(ManagerShape) }).meta({
  id: 'RunnerWithManagers',
})

export const showRunner = (runner: RunnerOverview, now: Date): z.input<typeof RunnerShape> => ({
  id: runner.id,
  runnerType: runner.runnerType,
  description: visible(runner.description),
  maintenanceNote: visible(runner.maintenanceNote),
  name: visible(runner.name),
  paused: runner.paused,
  locked: runner.locked,
  accessLevel: runner.accessLevel,
  runUntagged: runner.runUntagged,
  tagList: visible(runner.tagList),
  maximumTimeout: runner.maximumTimeout,
  costFactor: runner.costFactor,
  status: runnerStatus(runner, now),
  creationState: runner.creationState,
  contactedAt: runner.contactedAt,
  createdAt: runner.createdAt,
  tokenExpiresAt: runner.tokenExpiresAt,
  tokenPrefix: visible(runner.tokenPrefix),
  groupId: runner.groupId,
  projectIds: runner.projectIds,
  runningJobs: runner.runningJobs,
  version: visible(runner.version),
  executor: visible(runner.executor),
  platform: visible(runner.platform),
  ipAddress: visible(runner.ipAddress),
})

/** A token that is shown only once. */
export const RunnerTokenShape = z
  .strictObject({ token: z.string(), tokenExpiresAt: TimeOrNull })
  .meta({ id: 'RunnerToken' })

export const showRunnerToken = ({ token, tokenExpiresAt }: IssuedToken): z.input<typeof RunnerTokenShape> => ({
  token,
  tokenExpiresAt,
})

export const NewRunnerShape = RunnerTokenShape.extend({ id: IdShape }).meta({ id: 'NewRunner' })

export const showNewRunner = ({ id, ...token }: IssuedToken & { readonly id: number }) => ({
  id,
  ...showRunnerToken(token),
})
