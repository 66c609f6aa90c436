import { describe, expect, it } from 'vitest'
import { readEvent } from './forges.ts'
import { tellOfPush } from './tell-of-push.ts'

const [OLD, NEW] = ['a1'.repeat(20), 'b2'.repeat(20)]
const change = { name: 'refs/heads/main', from: OLD, to: NEW, commit: NEW }
const pusher = { user: 'Laptop', options: ['ci.variable=A=b'] }

describe('the delivery that tells of a push', () => {
  it('is read as that of a hook', () => {
    const tag = { name: 'refs/tags/v1', from: null, to: 'c3'.repeat(20), commit: NEW }
    const told = tellOfPush(7, [change, tag], pusher)
    expect(told).toMatchObject({ projectId: 7, kind: 'git', subjects: ['branch main', 'tag v1'] })
    expect(readEvent('git', told?.payload.event ?? '', told?.payload.body)).toEqual({
      kind: 'push',
      changes: [
        { ref: 'main', tag: false, before: OLD, after: NEW, message: null, skip: false },
        { ref: 'v1', tag: true, before: null, after: NEW, message: null, skip: false },
      ],
      user: 'Laptop',
      options: { skip: false, variables: [{ key: 'A', value: 'b' }] },
    })
  })

  it('is another one each time', () => {
    expect(tellOfPush(7, [change], pusher)?.key).not.toBe(tellOfPush(7, [change], pusher)?.key)
  })

  it.each([
    ['deleted refs', { ...change, to: null, commit: null }],
    ['refs of runs', { ...change, name: 'refs/runs/1' }],
    ['tags of other objects', { ...change, name: 'refs/tags/x', commit: null }],
  ])('is not there for %s', (_, one) => {
    expect(tellOfPush(7, [one], pusher)).toBeNull()
    expect(tellOfPush(7, [one, change], pusher)?.subjects).toEqual(['branch main'])
  })
})
