import { HOOK_KINDS, HOOK_OUTCOMES, type HookDelivery } from '@yardmaster/domain/hooks'
import { z } from 'zod'
import { IdOrNull, IdShape, list, pageOfItems, TextOrNull, Time, TimeOrNull } from './values.ts'
import { visible } from './visible.ts'

export const HookDeliveryShape = z
  .strictObject({
    id: IdShape,
    projectId: IdShape,
    kind: z.enum(HOOK_KINDS),
    key: z.string().describe('The sender’s id of the delivery.'),
    event: z.string().describe('The event, as the forge calls it.'),
    subjects: list(z.string()).describe('What it is about, such as `branch main` or `merge request 12`.'),
    receivedAt: Time,
    outcome: z.enum(HOOK_OUTCOMES).describe('`waiting` is one that `hooks.approve` creates the pipeline of.'),
    pipelineId: IdOrNull.describe('The first of `pipelineIds`.'),
    pipelineIds: list(IdShape).describe('The pipelines that it created, without those that were removed.'),
    message: TextOrNull.describe('What came of it, in sentences; one for each ref when there are several.'),
    dueAt: TimeOrNull.describe('When it is worked on, or tried again; null for never.'),
  })
  .meta({ id: 'HookDelivery' })

export const HookDeliveriesShape = pageOfItems(HookDeliveryShape).meta({ id: 'HookDeliveries' })

export const HooksShape = z
  .strictObject({
    projectId: IdShape,
    secretMadeAt: TimeOrNull.describe('Null while the project has no secret: then every hook is refused.'),
    addresses: list(z.strictObject({ kind: z.enum(HOOK_KINDS), url: z.string() })).describe(
      'Where each kind of forge sends its events to.',
    ),
  })
  .meta({ id: 'Hooks' })

export const showHookDelivery = (delivery: HookDelivery): z.input<typeof HookDeliveryShape> => ({
  id: delivery.id,
  projectId: delivery.projectId,
  kind: delivery.kind,
  key: delivery.key,
  event: delivery.event,
  subjects: delivery.subjects,
  receivedAt: delivery.receivedAt,
  outcome: delivery.outcome,
  pipelineId: delivery.pipelineIds[0] ?? null,
  pipelineIds: delivery.pipelineIds,
  message: visible(delivery.message),
  dueAt: delivery.dueAt,
})
