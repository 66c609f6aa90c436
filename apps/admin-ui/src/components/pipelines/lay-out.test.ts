import { describe, expect, it } from 'vitest'
import { arrange } from './arrange.ts'
import { type Chip, chipAfter, layOut, pathOf, relatives } from './lay-out.ts'
import { jobNamed } from './testing.ts'

const parallel = { index: 1, total: 2 }
const columns = arrange(
  [
    jobNamed('build', { stageIndex: 0 }),
    jobNamed('other', { stageIndex: 0 }),
    jobNamed('test 1/2', { stageIndex: 1, needs: ['build'], parallel }),
    jobNamed('test 2/2', { stageIndex: 1, needs: ['build'], parallel }),
    jobNamed('report', { stageIndex: 1, needs: ['test 1/2'] }),
    jobNamed('deploy', { stageIndex: 2, needs: ['report', 'test 2/2', 'gone'] }),
  ],
  'stage',
)
const GROUP = '1/parallel/test'
/** Pixels: `p-4` of the graph, which cuts off what is outside of it. */
const SPACE_AROUND = 16
const HALF_A_STRONG_LINE = 1
const folded = layOut(columns, new Set())
const opened = layOut(columns, new Set([GROUP]))
const lines = ({ lines }: typeof folded) => lines.map(({ from, to }) => `${from.key} → ${to.key}`)
const chip = (key: string): Chip => {
  const found = opened.chips.get(key)
  if (!found) throw new Error(`there is no ${key}`)
  return found
}

describe('the graph of a pipeline', () => {
  it('has one line for all jobs of a folded group, and one for each when it is open', () => {
    expect(lines(folded)).toEqual([`build → ${GROUP}`, `${GROUP} → report`, 'report → deploy', `${GROUP} → deploy`])
    expect(lines(opened)).toEqual([
      ...['build → test 1/2', 'build → test 2/2', 'test 1/2 → report'],
      ...['report → deploy', 'test 2/2 → deploy'],
    ])
  })

  it('grows with an open group', () => {
    expect([folded.height, opened.height]).toEqual([112, 192])
    expect(opened.columns[1]?.chips.map(({ key, indented }) => [key, indented])).toEqual([
      [GROUP, false],
      ['test 1/2', true],
      ['test 2/2', true],
      ['report', false],
    ])
  })

  it('knows what a job needs and what needs it, through others too', () => {
    expect(relatives(opened.lines, 'report')).toEqual({
      before: new Set(['test 1/2', 'build']),
      after: new Set(['deploy']),
    })
    expect(relatives(opened.lines, 'other')).toEqual({ before: new Set(), after: new Set() })
  })

  it('draws lines from the right side to the left side, and around the chips of one column', () => {
    expect(pathOf({ from: chip('build'), to: chip('report') })).toMatch(/^M216 49C.* 272 169$/)
    expect(pathOf({ from: chip('test 1/2'), to: chip('report') })).toMatch(/^M286 89C254 89 254 169 272 169$/)
  })

  it('draws lines within the first column inside the space around the graph', () => {
    const { lines } = layOut(arrange([jobNamed('init'), jobNamed('child', { needs: ['init'] })], 'stage'), new Set())
    const [, x1, x2] = /C(-?\d+) \d+ (-?\d+) /.exec(lines.map(pathOf).join('')) ?? []
    expect(x1).toBe(x2)
    const farthest = 0.75 * Number(x1)
    expect(farthest).toBeLessThan(0)
    expect(farthest - HALF_A_STRONG_LINE).toBeGreaterThanOrEqual(-SPACE_AROUND)
  })

  it.each([
    ['build', 'ArrowDown', 'other'],
    ['build', 'ArrowUp', 'build'],
    ['build', 'ArrowLeft', 'build'],
    ['other', 'ArrowRight', 'test 1/2'],
    ['report', 'ArrowRight', 'deploy'],
    ['report', 'ArrowLeft', 'other'],
    ['report', 'Home', GROUP],
    ['test 1/2', 'End', 'report'],
    ['build', 'x', undefined],
  ])('leads from %s by %s to %s', (from, key, to) => {
    expect(chipAfter(opened, chip(from), key)?.key).toBe(to)
  })
})
