import { describe, expect, it } from 'vitest'
import { type JobNeeds, type Offer, unfit } from './matching.ts'

const now = new Date('2026-01-10T12:00:00Z')
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000)

const runner: Offer = {
  runnerType: 'instance_type',
  accessLevel: 'not_protected',
  tagList: ['docker', 'arm64'],
  runUntagged: true,
  paused: false,
  createdAt: hoursAgo(24),
  contactedAt: hoursAgo(1),
  creationState: 'finished',
  inScope: true,
  features: new Set(['refspecs']),
}
const job: JobNeeds = { protected: false, tags: ['docker'], requiredFeatures: [] }

describe('why a runner does not take a job', () => {
  it.each<[string, Partial<Offer>, Partial<JobNeeds>, string | null]>([
    ['fits', {}, {}, null],
    ['serves other projects', { inScope: false }, {}, 'scope'],
    ['takes only protected refs', { accessLevel: 'ref_protected' }, {}, 'protection'],
    ['takes protected refs, and this is one', { accessLevel: 'ref_protected' }, { protected: true }, null],
    ['lacks a tag', {}, { tags: ['docker', 'gpu'] }, 'tags'],
    ['has the tag in other letters', {}, { tags: ['Docker'] }, 'tags'],
    ['wants tagged jobs only', { runUntagged: false }, { tags: [] }, 'untagged'],
    ['takes untagged jobs', {}, { tags: [] }, null],
    ['is paused', { paused: true }, {}, 'paused'],
    ['was silent for two hours', { contactedAt: hoursAgo(2) }, {}, 'offline'],
    ['was silent for a week', { contactedAt: hoursAgo(200), createdAt: hoursAgo(900) }, {}, 'offline'],
    ['never asked for a job', { contactedAt: null }, {}, 'never_contacted'],
    ['was created and only verified', { creationState: 'started' }, {}, 'never_contacted'],
    ['lacks a feature', {}, { requiredFeatures: ['artifacts_exclude'] }, 'feature'],
    ['has the feature', {}, { requiredFeatures: ['refspecs'] }, null],
    ['announced nothing yet', { features: null }, { requiredFeatures: ['artifacts_exclude'] }, null],
  ])('that %s', (_name, offer, needs, rule) => {
    expect(unfit({ ...runner, ...offer }, { ...job, ...needs }, now)?.rule ?? null).toBe(rule)
  })
})
