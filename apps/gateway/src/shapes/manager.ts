import { type Manager, RUNNER_STATUSES, runnerStatus } from '@yardmaster/domain/runners'
import { z } from 'zod'
import { IdShape, OpenRecord, TextOrNull, Time, TimeOrNull } from './values.ts'
import { visible } from './visible.ts'

/** One process that uses a runner's token. */
export const ManagerShape = z
  .strictObject({
    id: IdShape,
    systemId: z.string(),
    version: TextOrNull,
    revision: TextOrNull,
    platform: TextOrNull,
    architecture: TextOrNull,
    executor: TextOrNull,
    ipAddress: TextOrNull,
    config: OpenRecord,
    features: OpenRecord,
    labels: z.record(z.string(), z.string()),
    status: z.enum(RUNNER_STATUSES),
    contactedAt: TimeOrNull,
    createdAt: Time,
  })
  .meta({ id: 'Manager' })

export const showManager = (manager: Manager, now: Date): z.input<typeof ManagerShape> => ({
  id: manager.id,
  systemId: visible(manager.systemId),
  version: visible(manager.version),
  revision: visible(manager.revision),
  platform: visible(manager.platform),
  architecture: visible(manager.architecture),
  executor: visible(manager.executor),
  ipAddress: visible(manager.ipAddress),
  config: visible(manager.config),
  features: visible(manager.features),
  labels: visible(manager.labels),
  status: runnerStatus(manager, now),
  contactedAt: manager.contactedAt,
  createdAt: manager.createdAt,
})
