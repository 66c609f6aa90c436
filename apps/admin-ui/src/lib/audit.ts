import type { AuditEvent, Mutation } from './api.ts'

type Actor = AuditEvent['actor']

const ACTOR_WORDS: Readonly<Record<Actor['kind'], string>> = {
  admin_token: 'Admin token',
  session: 'Session',
  sign_in_link: 'Sign-in link',
  runner: 'Runner itself',
  registration_token: 'Registration token',
  user_token: 'Admin token',
  nobody: 'Nobody',
}

export const actorName = ({ kind, session }: Actor): string => `${ACTOR_WORDS[kind]}${session ? ` ${session}` : ''}`

/** How each of them proved who they are, in a sentence. */
export const ACTOR_SENTENCES: Readonly<Record<Actor['kind'], string>> = {
  admin_token: 'An administrator’s token, at the admin API',
  session: 'Somebody signed in to the dashboard',
  sign_in_link: 'The sign-in link of the terminal',
  runner: 'A runner, with its own token',
  registration_token: 'Whoever had a registration token',
  user_token: 'An administrator’s token, at the runner API',
  nobody: 'Nobody: what was shown was refused',
}

export const OUTCOME_WORDS: Readonly<Record<AuditEvent['outcome'], string>> = {
  done: 'Done',
  refused: 'Refused',
  failed: 'Failed',
  unknown: 'Not known',
}

export const OUTCOME_SENTENCES: Readonly<Record<AuditEvent['outcome'], string>> = {
  done: 'It was done.',
  refused: 'It was refused; nothing was changed.',
  failed: 'It failed on the server.',
  unknown: 'It was begun, and its end was not written down.',
}

export const SUBJECT_WORDS: Readonly<Record<NonNullable<AuditEvent['subjectKind']>, string>> = {
  job: 'Job',
  runner: 'Runner',
  project: 'Project',
  group: 'Group',
  settings: 'Settings',
  webhook: 'Webhook',
  session: 'Session',
}

export const SUBJECT_KINDS = Object.keys(SUBJECT_WORDS) as NonNullable<AuditEvent['subjectKind']>[]

/** What is on record besides mutations of the admin API: what runners do to themselves, and signing in and out. */
type OtherAction = 'runners.register' | 'runners.removeManager' | 'sessions.signIn' | 'sessions.signOut'

/** In the order of the list. The compiler asks for each mutation that there is. */
const EVERY_ACTION: Readonly<Record<Mutation | OtherAction, true>> = {
  'jobs.create': true,
  'jobs.createMany': true,
  'jobs.play': true,
  'jobs.cancel': true,
  'jobs.retry': true,
  'jobs.erase': true,
  'jobs.keepArtifacts': true,
  'runners.register': true,
  'runners.create': true,
  'runners.update': true,
  'runners.rotateToken': true,
  'runners.assignProject': true,
  'runners.unassignProject': true,
  'runners.removeManager': true,
  'runners.remove': true,
  'projects.create': true,
  'projects.update': true,
  'projects.rotateRegistrationToken': true,
  'projects.remove': true,
  'groups.rotateRegistrationToken': true,
  'settings.update': true,
  'settings.endSessions': true,
  'settings.rotateRegistrationToken': true,
  'webhooks.create': true,
  'webhooks.update': true,
  'webhooks.rotateSecret': true,
  'webhooks.test': true,
  'webhooks.redeliver': true,
  'webhooks.remove': true,
  'sessions.signIn': true,
  'sessions.signOut': true,
}

/** What can be on record; others are found by their address. */
export const ACTIONS = Object.keys(EVERY_ACTION)

const spelled = (value: unknown): string =>
  Array.isArray(value) ? value.map(spelled).join(', ') || 'none' : typeof value === 'string' ? value : String(value)

/** What was given, field by field; null where the value is not on record, because it may hold a secret. */
export function givenFields({ details }: AuditEvent): [name: string, value: string | null][] {
  const { input, withoutValue } = details
  const kept = typeof input === 'object' && input !== null ? Object.entries(input) : []
  const names = Array.isArray(withoutValue) ? withoutValue.map(String) : []
  return [
    ...kept.map(([name, value]): [string, string] => [name, spelled(value)]),
    ...names.map((name): [string, null] => [name, null]),
  ]
}

/** Everything else that was noted. */
export const otherDetails = ({ details }: AuditEvent): [name: string, value: string][] =>
  Object.entries(details)
    .filter(([name]) => name !== 'input' && name !== 'withoutValue')
    .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : spelled(value)])
