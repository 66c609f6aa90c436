import { approveDelivery, HOOK_KINDS, replayDelivery, rotateHookSecret } from '@yardmaster/domain/hooks'
import { z } from 'zod'
import { HookDeliveriesShape, HookDeliveryShape, HooksShape, showHookDelivery } from '../shapes/hook.ts'
import { SecretShape } from '../shapes/webhook.ts'
import { ById, before, Id, page, pageOf } from './inputs.ts'
import { found, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

const OfProject = z.strictObject({ projectId: Id })

/** `hooks.*` of the admin API: incoming hooks. */
export const hooksRouter = router({
  get: procedure({
    rest: 'GET /projects/{projectId}/hooks',
    summary: 'Returns where forges send the events of a project to.',
    output: HooksShape,
    refuses: ['project_not_found'],
  })
    .input(OfProject)
    .query(async ({ ctx: { services }, input: { projectId } }) => {
      found(await services.projects.find(projectId), { kind: 'project_not_found', id: projectId })
      const { externalUrl } = services.policy
      return {
        projectId,
        secretMadeAt: await services.hooks.secretMadeAt(projectId),
        addresses: HOOK_KINDS.map((kind) => ({ kind, url: `${externalUrl}/hooks/${projectId}/${kind}` })),
      }
    }),

  rotateSecret: procedure({
    rest: 'POST /projects/{projectId}/hooks/rotate-secret',
    summary: 'Replaces the secret of a project’s incoming hooks at once, and returns it once.',
    output: SecretShape,
    refuses: ['project_not_found'],
  })
    .input(OfProject)
    .mutation(async ({ ctx: { services }, input: { projectId } }) => ({
      secret: unwrap(await rotateHookSecret(services, projectId)),
    })),

  list: procedure({
    rest: 'GET /projects/{projectId}/hooks/deliveries',
    summary: 'Lists what forges sent for a project, the newest first.',
    output: HookDeliveriesShape,
    refuses: ['project_not_found'],
  })
    .input(z.strictObject({ ...page, projectId: Id }))
    .query(async ({ ctx: { services }, input: { projectId, cursor, limit } }) => {
      found(await services.projects.find(projectId), { kind: 'project_not_found', id: projectId })
      const deliveries = await services.hooks.list({ projectId, before: before(cursor), limit: limit + 1 })
      return pageOf(deliveries, limit, showHookDelivery)
    }),

  replay: procedure({
    rest: 'POST /hooks/deliveries/{id}/replay',
    summary: 'Works on a delivery from the beginning, and returns what came of it.',
    output: HookDeliveryShape,
    refuses: ['hook_delivery_not_found', 'hook_delivery_under_way'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      showHookDelivery(unwrap(await replayDelivery(services, id))),
    ),

  approve: procedure({
    rest: 'POST /hooks/deliveries/{id}/approve',
    summary: 'Approves the pipeline of a merge request from a fork, and creates it.',
    output: HookDeliveryShape,
    refuses: ['hook_delivery_not_found', 'hook_delivery_under_way', 'hook_delivery_not_waiting'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) =>
      showHookDelivery(unwrap(await approveDelivery(services, id))),
    ),
})
