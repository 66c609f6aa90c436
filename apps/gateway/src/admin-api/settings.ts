import type { Services } from '@yardmaster/domain'
import { rotateRegistrationToken } from '@yardmaster/domain/projects'
import { z } from 'zod'
import { LimitsShape, SettingsShape, showLimits, showSettings } from '../shapes/settings.ts'
import { NewToken, Nothing } from '../shapes/values.ts'
import { defined, StoredBytes } from './inputs.ts'
import { unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

const Changes = z.strictObject({
  maintenance: z.boolean().optional(),
  projectRegistration: z.boolean().optional(),
  groupRegistration: z.boolean().optional(),
  fairScheduling: z.boolean().optional(),
  supplyGitlabCi: z.boolean().optional(),
  archiveAfter: z.number().int().min(1).max(2_147_483_647).nullable().optional(),
  /** Bytes that each project without a quota of its own may store; null for no limit. */
  maxStoredBytes: StoredBytes.nullable().optional(),
})

async function show({ settings, policy }: Pick<Services, 'settings' | 'policy'>) {
  const [registrationToken, current] = await Promise.all([settings.registrationToken(), settings.get()])
  return showSettings(current, policy, registrationToken)
}

/** `settings.*` of the admin API. */
export const settingsRouter = router({
  get: procedure({
    rest: 'GET /settings',
    summary: 'Returns the settings of the instance.',
    output: SettingsShape,
  }).query(({ ctx: { services } }) => show(services)),

  limits: procedure({
    rest: 'GET /settings/limits',
    summary: 'Returns settings from the environment, which are fixed at start.',
    output: LimitsShape,
  }).query(({ ctx: { services } }) => showLimits(services.policy)),

  update: procedure({
    rest: 'PATCH /settings',
    summary: 'Changes the given settings.',
    output: SettingsShape,
  })
    .input(Changes)
    .mutation(async ({ ctx: { services }, input }) => {
      await services.settings.update(defined(input))
      return await show(services)
    }),

  endSessions: procedure({
    rest: 'POST /settings/end-sessions',
    summary: 'Ends all browser sessions and unused sign-in links. Tokens stay valid.',
    output: Nothing,
  }).mutation(async ({ ctx: { services } }) => {
    await services.sessions.removeAll()
  }),

  rotateRegistrationToken: procedure({
    rest: 'POST /settings/rotate-registration-token',
    summary: 'Replaces the registration token of the instance at once.',
    output: NewToken,
  }).mutation(async ({ ctx: { services } }) => ({
    token: unwrap(await rotateRegistrationToken(services, { kind: 'instance' })),
  })),
})
