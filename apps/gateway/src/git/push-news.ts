import type { HookDelivery } from '@yardmaster/domain/hooks'

/** A client decides what is in a configuration, and so in its errors. */
const UNSEEN = /[\p{Cc}\u2028\u2029]/gu

/** Says what came of a push, for the person who waits for it: lines, each with its end. */
export function pushNews(
  { pipelineIds, projectId, outcome, message }: Pick<HookDelivery, 'pipelineIds' | 'projectId' | 'outcome' | 'message'>,
  externalUrl: string,
): string {
  const said = message?.split('\n').map((line) => line.replaceAll(UNSEEN, ' ')) ?? []
  const started = pipelineIds.map((id) => `Pipeline #${id}: ${externalUrl}/pipelines/${id}`)
  const lines =
    outcome === 'received'
      ? [`The pipeline is still being created: ${externalUrl}/projects/${projectId}`]
      : [...started, ...underTitle(TITLES[outcome], said)]
  return ['', ...lines, '', ''].join('\n')
}

const TITLES = {
  created: null,
  waiting: 'No pipeline yet',
  skipped: 'No pipeline',
  refused: 'No pipeline, because of an error',
  ignored: 'No pipeline',
  failed: 'No pipeline yet; it is tried again',
} as const

function underTitle(title: string | null, said: readonly string[]): readonly string[] {
  const [only] = said
  if (title === null) return said
  return said.length === 1 ? [`${title}: ${only}`] : [`${title}:`, ...said.map((line) => `  ${line}`)]
}
