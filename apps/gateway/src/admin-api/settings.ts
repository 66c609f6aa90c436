import { rotateRegistrationToken, type Services } from '@yardmaster/domain'
import { z } from 'zod'
import { defined, StoredBytes } from './inputs.ts'
import { adminProcedure, router, unwrap } from './trpc.ts'

const Changes = z.strictObject({
  maintenance: z.boolean().optional(),
  projectRegistration: z.boolean().optional(),
  groupRegistration: z.boolean().optional(),
  fairScheduling: z.boolean().optional(),
  supplyGitlabCi: z.boolean().optional(),
  archiveAfter: z.number().int().min(1).max(2_147_483_647).nullable().optional(),
  /** Bytes that each project without a quota of its own may store; null: without limit. */
  maxStoredBytes: StoredBytes.nullable().optional(),
})

async function show({ settings }: Pick<Services, 'settings'>) {
  const [registrationToken, rest] = await Promise.all([settings.registrationToken(), settings.get()])
  return { registrationToken, ...rest }
}

/** `settings.*` of the admin API. */
export const settingsRouter = router({
  get: adminProcedure.query(({ ctx: { services } }) => show(services)),

  /** What the environment settled at start, in the units of `Policy`. */
  limits: adminProcedure.query(({ ctx: { services } }) => services.policy),

  update: adminProcedure.input(Changes).mutation(async ({ ctx: { services }, input }) => {
    await services.settings.update(defined(input))
    return await show(services)
  }),

  /** Of all browsers, this one's too, and the sign-in links that were not used yet. Tokens stay valid. */
  endSessions: adminProcedure.mutation(async ({ ctx: { services } }) => {
    await services.sessions.removeAll()
  }),

  rotateRegistrationToken: adminProcedure.mutation(async ({ ctx: { services } }) => ({
    token: unwrap(await rotateRegistrationToken(services, { kind: 'instance' })),
  })),
})
