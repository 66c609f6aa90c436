import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isEnvironmentName, planEnvironment } from './environment.ts'
import type { Variable } from './variable.ts'
import type { Json } from './yaml/tree.ts'

/** Returns the variables that a job with the environment gets, without their common beginning. */
async function told(given: Record<string, Json>, variables: readonly Variable[] = []) {
  const planned = await planEnvironment(given, variables)
  return Object.fromEntries(
    (planned?.variables ?? []).map(({ key, value }) => [key.replace('CI_ENVIRONMENT_', ''), value]),
  )
}

const slugOf = async (name: string): Promise<string> => (await told({ name })).SLUG ?? ''
const tierOf = async (name: string) => (await told({ name })).TIER

describe('the environment of a job', () => {
  it('is told to the job by name, slug, action and tier, and by its address where it has one', async () => {
    expect(await told({ name: 'production' })).toEqual({
      ...{ NAME: 'production', SLUG: 'production', ACTION: 'start', TIER: 'production' },
    })
    expect(
      await told({
        name: 'x',
        action: 'stop',
        deployment_tier: 'staging',
        url: 'https://$CI_ENVIRONMENT_SLUG.example',
      }),
    ).toEqual({
      ...{ NAME: 'x', SLUG: 'x', ACTION: 'stop', TIER: 'staging', URL: 'https://$CI_ENVIRONMENT_SLUG.example' },
    })
  })

  it('has the variables in its name put in, of several with one key the last, with references in them expanded', async () => {
    const variables = [
      { key: 'WHERE', value: 'nowhere' },
      { key: 'WHERE', value: 'review/$REF' },
      { key: 'REF', value: 'topic' },
    ]
    expect(await planEnvironment({ name: ' $WHERE ' }, variables)).toMatchObject({ name: 'review/topic' })
  })

  it('has the variables in its address put in, and no address unless that is one of the web', async () => {
    const urlOf = async (url: string) =>
      (await planEnvironment({ name: 'review/topic', url }, [{ key: 'HOST', value: 'example.com' }]))?.url
    const slug = await slugOf('review/topic')
    expect(await urlOf('https://$CI_ENVIRONMENT_SLUG.$HOST/?q=1')).toBe(`https://${slug}.example.com/?q=1`)
    for (const text of [
      'javascript:alert(1)',
      ' ',
      'example.com',
      'https://',
      'https://$UNKNOWN.example.com',
      `https://${'a'.repeat(250)}`,
    ])
      expect(await urlOf(text), text).toBeNull()
  })

  it('says when it is stopped, in seconds: 0 for never, null where it says nothing that is a duration', async () => {
    const stopsIn = async (text: string) =>
      (await planEnvironment({ name: 'x', auto_stop_in: text }, [{ key: 'DAYS', value: '2' }]))?.autoStopIn
    const cases: [string, number | null][] = [
      ...([
        ['1 week', 604_800],
        ['$DAYS days', 172_800],
        ['never', 0],
      ] as [string, number][]),
      ...([
        ['', null],
        ['$UNKNOWN', null],
        ['soon', null],
      ] as [string, null][]),
    ]
    for (const [text, seconds] of cases) expect(await stopsIn(text), text).toBe(seconds)
  })

  it.each([
    ['review/topic-1.2', true],
    ['a', true],
    ['a'.repeat(255), true],
    ['a'.repeat(256), false],
    ['review/', false],
    ['/review', false],
    ['review/ä', false],
    ['a#1', false],
    ['a\nb', false],
    ['', false],
  ])('whether %j may be its name: %s', (name, isName) => {
    expect(isEnvironmentName(name)).toBe(isName)
  })

  it('is none when its name expands to nothing', async () => {
    expect(await planEnvironment({ name: '$NOTHING' }, [{ key: 'NOTHING', value: ' ' }])).toBeNull()
    expect(await planEnvironment({}, [])).toBeNull()
  })

  it('does not show masked variables in its name', async () => {
    const secret = { key: 'SECRET', value: 'hunter2', masked: true }
    const planned = await planEnvironment({ name: 'to-$SECRET' }, [secret])
    expect(JSON.stringify(planned)).not.toContain('hunter2')
    const through = await planEnvironment({ name: 'to-$OTHER' }, [secret, { key: 'OTHER', value: '$SECRET' }])
    expect(JSON.stringify(through)).not.toContain('hunter2')
  })
})

describe('the tier that a name suggests', () => {
  it.each([
    ['dev', 'development'],
    ['review/topic', 'development'],
    ['QA', 'testing'],
    ['acceptance', 'testing'],
    ['staging', 'staging'],
    ['demo', 'staging'],
    ['preview', 'development'],
    ['production', 'production'],
    ['live', 'production'],
    ['gstg', 'staging'],
    ['customer', 'other'],
    ['test-production', 'testing'],
  ])('%s is %s', async (name, tier) => {
    expect(await tierOf(name)).toBe(tier)
  })
})

describe('the slug of a name', () => {
  it.each([
    ['production', 'production'],
    ['a-b', 'a-b'],
    ['review/topic', /^review-topic-[a-z0-9]{6}$/],
    ['Production', /^production-[a-z0-9]{6}$/],
    ['1st', /^env-1st-[a-z0-9]{6}$/],
    ['a--b', /^a-b-[a-z0-9]{6}$/],
    ['a'.repeat(24), 'a'.repeat(24)],
    ['a'.repeat(25), /^a{17}-[a-z0-9]{6}$/],
  ])('%s becomes %s', async (name, slug) => {
    expect(await slugOf(name)).toEqual(typeof slug === 'string' ? slug : expect.stringMatching(slug))
  })

  it('is at most 24 of a-z, 0-9 and -, begins with a letter, and differs for names that are alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: 'grapheme' }), async (text) => {
        const name = text.trim()
        fc.pre(name !== '' && !name.includes('$'))
        const slug = await slugOf(name)
        expect(slug).toMatch(/^[a-z][a-z0-9-]{0,23}$/)
        expect(slug).not.toMatch(/--|-$/)
        if (slug !== name) expect(slug).not.toBe(await slugOf(`${name}!`))
      }),
    )
  })
})
