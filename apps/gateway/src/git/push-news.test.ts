import { HOOK_OUTCOMES } from '@yardmaster/domain/hooks'
import { describe, expect, it } from 'vitest'
import { pushNews } from './push-news.ts'

const URL = 'https://ci.example.com/yard'
const news = (over: Partial<Parameters<typeof pushNews>[0]>) =>
  pushNews({ projectId: 3, pipelineIds: [], outcome: 'created', message: null, ...over }, URL)

describe('what git shows after a push', () => {
  it('names each pipeline, and what was left out', () => {
    expect(news({ pipelineIds: [7, 8], message: 'topic: The ref was deleted.' })).toBe(
      `\nPipeline #7: ${URL}/pipelines/7\nPipeline #8: ${URL}/pipelines/8\ntopic: The ref was deleted.\n\n`,
    )
  })

  it('has errors below each other', () => {
    expect(news({ outcome: 'refused', message: 'a.yml:1: one\na.yml:2: two' })).toBe(
      '\nNo pipeline, because of an error:\n  a.yml:1: one\n  a.yml:2: two\n\n',
    )
  })

  it('says where to look when it takes long', () => {
    expect(news({ outcome: 'received' })).toContain(`still being created: ${URL}/projects/3\n`)
  })

  it.each(HOOK_OUTCOMES)('has no control characters: %s', (outcome) => {
    const text = news({ outcome, message: 'a\u001b[31m\rb\u0007\u2028c\u009b', pipelineIds: [7] })
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028]/u)
  })
})
