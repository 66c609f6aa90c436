import type { AuditEvent, Mutation } from './api.ts'

type Actor = AuditEvent['actor']

const ACTOR_WORDS: Readonly<Record<Actor['kind'], string>> = {
  admin_token: 'Admin token',
  session: 'Session',
  sign_in_link: 'Sign-in link',
  runner: 'Runner itself',
  registration_token: 'Registration token',
  user_token: 'Admin token',
  nobody: 'Not authenticated',
}

export const actorName = ({ kind, session }: Actor): string => `${ACTOR_WORDS[kind]}${session ? ` ${session}` : ''}`

/** Returns an actor as a part of a sentence. */
export const actorWords = ({ kind, session }: { readonly kind: Actor['kind']; readonly session: string | null }) =>
  kind === 'session' ? `session ${session ?? ''}`.trim() : kind === 'admin_token' ? 'an admin token' : ACTOR_WORDS[kind]

/** How each kind of actor authenticated, in words. */
export const ACTOR_SENTENCES: Readonly<Record<Actor['kind'], string>> = {
  admin_token: 'An administrator’s token, at the admin API',
  session: 'A person signed in to the dashboard',
  sign_in_link: 'The sign-in link printed at startup',
  runner: 'A runner, with its own token',
  registration_token: 'A caller with a registration token',
  user_token: 'An administrator’s token, at the runner API',
  nobody: 'Not authenticated: the credentials were refused',
}

export const OUTCOME_WORDS: Readonly<Record<AuditEvent['outcome'], string>> = {
  done: 'Done',
  refused: 'Refused',
  failed: 'Failed',
  unknown: 'Unknown',
}

export const OUTCOME_SENTENCES: Readonly<Record<AuditEvent['outcome'], string>> = {
  done: 'It was done.',
  refused: 'It was refused; nothing was changed.',
  failed: 'It failed on the server.',
  unknown: 'It was started, but its outcome was not recorded.',
}

export const SUBJECT_WORDS: Readonly<Record<NonNullable<AuditEvent['subjectKind']>, string>> = {
  job: 'Job',
  pipeline: 'Pipeline',
  environment: 'Environment',
  runner: 'Runner',
  project: 'Project',
  project_token: 'Project token',
  group: 'Group',
  settings: 'Settings',
  schedule: 'Schedule',
  webhook: 'Webhook',
  commit_status: 'Commit status',
  session: 'Session',
}

export const SUBJECT_KINDS = Object.keys(SUBJECT_WORDS) as NonNullable<AuditEvent['subjectKind']>[]

/** Actions besides mutations of the admin API: those of runners on themselves, and signing in and out. */
type OtherAction = 'runners.register' | 'runners.removeManager' | 'sessions.signIn' | 'sessions.signOut'

/** In the order of the list. The compiler demands an entry for each mutation. */
const EVERY_ACTION: Readonly<Record<Mutation | OtherAction, true>> = {
  'pipelines.create': true,
  'pipelines.cancel': true,
  'pipelines.retry': true,
  'pipelines.remove': true,
  'schedules.create': true,
  'schedules.update': true,
  'schedules.run': true,
  'schedules.remove': true,
  'environments.stop': true,
  'environments.keep': true,
  'environments.remove': true,
  'resourceGroups.update': true,
  'jobs.create': true,
  'jobs.createMany': true,
  'jobs.play': true,
  'jobs.cancel': true,
  'jobs.retry': true,
  'jobs.erase': true,
  'jobs.keepArtifacts': true,
  'jobs.changeMany': true,
  'jobs.changeMatching': true,
  'runners.register': true,
  'runners.create': true,
  'runners.update': true,
  'runners.rotateToken': true,
  'runners.assignProject': true,
  'runners.unassignProject': true,
  'runners.removeManager': true,
  'runners.remove': true,
  'runners.changeMany': true,
  'runners.changeMatching': true,
  'projects.create': true,
  'projects.update': true,
  'projects.rotateRegistrationToken': true,
  'projects.remove': true,
  'projectTokens.create': true,
  'projectTokens.revoke': true,
  'repositories.refresh': true,
  'groups.rotateRegistrationToken': true,
  'settings.update': true,
  'settings.endSessions': true,
  'settings.rotateRegistrationToken': true,
  'commitStatuses.resend': true,
  'hooks.rotateSecret': true,
  'hooks.replay': true,
  'hooks.approve': true,
  'webhooks.create': true,
  'webhooks.update': true,
  'webhooks.rotateSecret': true,
  'webhooks.test': true,
  'webhooks.redeliver': true,
  'webhooks.remove': true,
  'sessions.signIn': true,
  'sessions.signOut': true,
}

/** The actions to filter by; others can be filtered through the address. */
export const ACTIONS = Object.keys(EVERY_ACTION)

const spelled = (value: unknown): string =>
  Array.isArray(value) ? value.map(spelled).join(', ') || 'none' : typeof value === 'string' ? value : String(value)

/** Returns the input field by field; null where the value is not recorded, because it may contain a secret. */
export function givenFields({ details }: AuditEvent): [name: string, value: string | null][] {
  const { input, withoutValue } = details
  const kept = typeof input === 'object' && input !== null ? Object.entries(input) : []
  const names = Array.isArray(withoutValue) ? withoutValue.map(String) : []
  return [
    ...kept.map(([name, value]): [string, string] => [name, spelled(value)]),
    ...names.map((name): [string, null] => [name, null]),
  ]
}

/** Returns the other recorded details. */
export const otherDetails = ({ details }: AuditEvent): [name: string, value: string][] =>
  Object.entries(details)
    .filter(([name]) => name !== 'input' && name !== 'withoutValue')
    .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : spelled(value)])
